import pytest

from tools.structure_test.escape import escape_line, escape_lines


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain, für 語 🙂", "plain, für 語 🙂"),
        ("\x1b[31mred\x7f\x9b", r"\x1b[31mred\x7f\x9b"),
        ("a\rb\nc\td\0", r"a\rb\nc\td\x00"),
        ("not UTF-8: \udcff", r"not UTF-8: \xff"),
        ("a lone surrogate: \ud800", r"a lone surrogate: \ud800"),
        ("bidi \u202e, line \u2028, tag \U000e0041", r"bidi \u202e, line \u2028, tag \U000e0041"),
    ],
)
def test_escape_line(text: str, escaped: str) -> None:
    assert escape_line(text) == escaped


def test_escape_lines_keeps_lines_and_tabs() -> None:
    assert escape_lines("a\r\nb\n\tc\rd\x1b") == "a\nb\n\tc\\rd\\x1b"
