from __future__ import annotations

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.deb822 import MAX_FIELDS, MAX_PARAGRAPH, paragraphs, parse_paragraph

RELEASE = """\
Suite: stable
SHA256:
 0123 13 main/binary-amd64/Packages
 4567 14 main/binary-arm64/Packages
Description: two
 words
 .
\tand a tab
"""


def test_a_paragraph_becomes_values_by_lower_case_name() -> None:
    assert parse_paragraph(RELEASE, "Release") == {
        "suite": "stable",
        "sha256": "\n0123 13 main/binary-amd64/Packages\n4567 14 main/binary-arm64/Packages",
        "description": "two\nwords\n.\nand a tab",
    }


@pytest.mark.parametrize(
    "text",
    [
        RELEASE.removesuffix("\n"),
        f"\n\n{RELEASE}\n\n",
        RELEASE.replace("\n", "\r\n"),
        f"\r\n{RELEASE}\r\n",
        RELEASE.replace("Suite: stable", "SUITE:stable  "),
    ],
)
def test_forms_of_the_same_paragraph(text: str) -> None:
    assert parse_paragraph(text, "Release") == parse_paragraph(RELEASE, "Release")


def test_values_may_contain_anything_but_line_ends() -> None:
    assert parse_paragraph("A: b: #c \0 \u2028 d", "x") == {"a": "b: #c \0 \u2028 d"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x: empty"),
        ("\n\r\n\n", "x: empty"),
        ("A: 1\n\nB: 2\n", "x:3: more than one paragraph"),
        ("A: 1\n\n continued\n", "x:3: more than one paragraph"),
        (" a\nA: 1", "x:1: a continuation line before the first field"),
        ("A: 1\nB\n", "x:2: missing colon in 'B'"),
        ("A: 1\nB\r\n", "x:2: missing colon in 'B'"),
        ("A: 1\n \nB: 1", "x:2: a line of white space only"),
        ("A: 1\n\t\r\n", "x:2: a line of white space only"),
        ("A: 1\na: 2", "x:2: duplicate field 'a'"),
        ("A : 1", "x:1: invalid field name 'A '"),
        (": 1", "x:1: invalid field name ''"),
        ("-A: 1", "x:1: invalid field name '-A'"),
        ("Ä: 1", "x:1: invalid field name 'Ä'"),
        ("A\0: 1", "x:1: invalid field name 'A\\x00'"),
        ("A: 1\n# c: d", "x:2: a comment, which only source packages may have"),
        ("A:\n" + " a\n" * (MAX_PARAGRAPH // 2), f"more than {MAX_PARAGRAPH} characters"),
        ("".join(f"A{n}:\n" for n in range(MAX_FIELDS + 1)), f"more than {MAX_FIELDS} fields"),
    ],
)
def test_malformed_paragraphs_are_errors_with_a_line_number(text: str, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse_paragraph(text, "x")
    assert message in caught.value.message
    assert len(caught.value.message) < 120


def test_an_index_is_read_a_paragraph_at_a_time() -> None:
    lines = iter(["Package: a\n", "Depends: b,\n", " c\n", "\n", "\r\n", "Package: b\n", "?\n"])
    found = paragraphs(lines, "Packages")
    assert next(found) == {"package": "a", "depends": "b,\nc"}
    assert next(lines) == "\r\n"
    with pytest.raises(ToolError, match=r"Packages:\d: missing colon in '\?'"):
        next(found)


def test_an_index_may_be_empty_and_end_without_a_line_feed() -> None:
    assert list(paragraphs([], "Packages")) == []
    assert list(paragraphs(["A: 1", "", "A: 2"], "Packages")) == [{"a": "1"}, {"a": "2"}]


def test_the_bounds_are_those_of_a_paragraph_and_not_of_the_text() -> None:
    lines = ["A: " + "a" * (MAX_PARAGRAPH // 2), ""] * 4
    assert len(list(paragraphs(lines, "Packages"))) == 4


def test_long_fields_take_linear_time() -> None:
    # Adding a million lines one by one to a growing string would copy a terabyte.
    count = MAX_PARAGRAPH // 4
    text = "SHA256:\n" + " ab\n" * (count - 10)
    assert parse_paragraph(text, "Release")["sha256"].count("\n") == count - 10
