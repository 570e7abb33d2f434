from __future__ import annotations

from itertools import product

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.names import PackageName, Version
from tools.lib.debian.relations import (
    Relation,
    compare_versions,
    parse_dependencies,
    parse_requested_package,
)

# In ascending order.
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


def test_versions_sort_as_in_debian() -> None:
    numbered = list(enumerate(map(Version, ORDERED)))
    for (i, one), (j, other) in product(numbered, numbered):
        assert compare_versions(one, other) == (i > j) - (i < j), (one, other)


def test_equal_versions_may_be_written_differently() -> None:
    assert compare_versions(Version("1.0"), Version("0:1.0")) == 0
    assert compare_versions(Version("1.0-0"), Version("1.0")) == 0


def test_a_dependency_field_has_alternatives() -> None:
    clauses = parse_dependencies(
        "libc6 (>= 2.36), debconf (>= 0.5)|debconf-2.0,python3:any ,", "here"
    )
    assert [" | ".join(map(str, clause)) for clause in clauses] == [
        "libc6 (>= 2.36)",
        "debconf (>= 0.5) | debconf-2.0",
        "python3:any",
    ]


@pytest.mark.parametrize(
    ("relation", "version", "allowed"),
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
def test_version_bounds(relation: str, version: str | None, allowed: bool) -> None:
    ((parsed,),) = parse_dependencies(f"lib ({relation})", "here")
    assert parsed.allows_version(None if version is None else Version(version)) is allowed


def test_a_qualifier_restricts_the_architecture() -> None:
    fits = {
        name: Relation(PackageName("a"), name).allows_architecture("amd64")
        for name in (None, "any", "amd64", "arm64")
    }
    assert fits == {None: True, "any": True, "amd64": True, "arm64": False}


@pytest.mark.parametrize(
    ("text", "architectures"),
    [
        ("a", "amd64 arm64 armhf"),
        ("a (= 1) [amd64 arm64]", "amd64 arm64"),
        ("a [!armhf]", "amd64 arm64"),
    ],
)
def test_a_requested_package_may_apply_to_some_architectures(text: str, architectures: str) -> None:
    requested = parse_requested_package(text, "a.yaml: sets.s.packages[0]", "sets.s.packages[0]")
    assert [name for name in ("amd64", "arm64", "armhf") if requested.applies_to(name)] == (
        architectures.split()
    )


@pytest.mark.parametrize("text", ["", "a b", "a (1)", "a | b", "a:arm64", "a [amd64 !arm64]", "ä"])
def test_malformed_requested_packages_are_errors(text: str) -> None:
    with pytest.raises(ToolError, match=r"^a\.yaml: sets\.s\.packages\[0\]: "):
        parse_requested_package(text, "a.yaml: sets.s.packages[0]", "sets.s.packages[0]")
