from __future__ import annotations

from itertools import product

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import Version
from tools.lock.relations import Relation, compare, parse_clauses, parse_root, version_of

# Each is before the next.
ORDERED = [
    "0~~",
    "0~",
    "0-0~1",
    "0",
    "0.1~rc1",
    "0.1",
    "0.1-1~bpo12+1",
    "0.1-1",
    "0.1-1+b1",
    "0.1-1+b10",
    "0.1-1+deb12u1",
    "0.1-1.1",
    "0.1a",
    "0.1+dfsg-1",
    "0.09999",
    "0.010000",
    "2025b-0+deb12u1",
    "2025b-1",
    "1:0~",
    "1:0.1",
    "1:00.2",
    "10:0",
]


def test_versions_are_in_debian_s_order() -> None:
    numbered = list(enumerate(map(Version, ORDERED)))
    for (i, one), (j, other) in product(numbered, numbered):
        assert compare(one, other) == (i > j) - (i < j), (one, other)


def test_a_version_written_in_two_ways_is_one() -> None:
    assert compare(Version("1.0"), Version("0:1.0")) == 0
    assert compare(Version("1.0-0"), Version("1.0")) == 0


@pytest.mark.parametrize(
    "text", ["", "-1", "a:1", "1 2", "1_2", ":1", "9" * 5000, "9" * 5000 + ":1"]
)
def test_what_is_no_version_is_told(text: str) -> None:
    with pytest.raises(ToolError, match=r"^here: "):
        version_of(text, "here")


def test_a_field_of_clauses_with_alternatives() -> None:
    clauses = parse_clauses("libc6 (>= 2.36), debconf (>= 0.5)|debconf-2.0,python3:any ,", "here")
    assert [" | ".join(map(str, clause)) for clause in clauses] == [
        "libc6 (>= 2.36)",
        "debconf (>= 0.5) | debconf-2.0",
        "python3:any",
    ]


@pytest.mark.parametrize(
    ("relation", "version", "admits"),
    [
        (">= 2", "2", True),
        (">= 2", "2~rc1", False),
        (">> 2", "2", False),
        ("<< 2", "2~rc1", True),
        ("<= 2", "2", True),
        ("= 2", "2-0", True),
        ("< 2", "2", True),
        ("> 2", "2", True),
        (">= 2", None, False),
    ],
)
def test_bounds_of_versions(relation: str, version: str | None, admits: bool) -> None:
    ((parsed,),) = parse_clauses(f"lib ({relation})", "here")
    assert parsed.admits(None if version is None else Version(version)) is admits


def test_a_qualifier_of_another_architecture_fits_no_package_of_this_one() -> None:
    fits = {name: Relation("a", name).fits("amd64") for name in (None, "any", "amd64", "arm64")}
    assert fits == {None: True, "any": True, "amd64": True, "arm64": False}


@pytest.mark.parametrize(
    ("text", "architectures"),
    [
        ("a", "amd64 arm64 armhf"),
        ("a (= 1) [amd64 arm64]", "amd64 arm64"),
        ("a [!armhf]", "amd64 arm64"),
    ],
)
def test_a_package_on_some_architectures(text: str, architectures: str) -> None:
    root = parse_root(text, "here")
    assert [name for name in ("amd64", "arm64", "armhf") if root.wanted_on(name)] == (
        architectures.split()
    )


@pytest.mark.parametrize("text", ["", "a b", "a (1)", "a | b", "a:arm64", "a [amd64 !arm64]", "ä"])
def test_what_is_no_package_is_told(text: str) -> None:
    with pytest.raises(ToolError, match=r"^here: "):
        parse_root(text, "here")
