"""Which images contain a package, from what `bazel query` prints."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.updates.catalog import build_catalog

# A part of this repository's targets, for amd64.
LINES = Path("tools/lib/updates/testdata/query.jsonl").read_text().splitlines()
CATALOG = build_catalog(lambda _: LINES)


def test_images_are_listed_by_distribution() -> None:
    assert CATALOG.images == {
        "debian12": ("base-debian12", "java21-temurin-debian12"),
        "debian13": ("nodejs24-debian13",),
    }


@pytest.mark.parametrize(
    ("lock", "package", "images"),
    [
        ("debian12", "libssl3", ("base-debian12",)),
        # From the image static, which both have underneath.
        ("debian12", "tzdata", ("base-debian12", "java21-temurin-debian12")),
        # Only a bundle made of the package is in the images.
        ("debian12", "ca-certificates", ("base-debian12", "java21-temurin-debian12")),
        ("debian12", "busybox-static", ("base-debian12:debug", "java21-temurin-debian12:debug")),
        ("debian12", "libstdc++6", ("java21-temurin-debian12",)),
        ("debian13", "libstdc++6", ("nodejs24-debian13",)),
        ("temurin", "temurin-21-jre", ("java21-temurin-debian12",)),
        ("temurin", "temurin-21-jdk", ("java21-temurin-debian12:debug",)),
        ("nodejs", "node24", ("nodejs24-debian13",)),
        ("bazelw", "libssl3", ()),
    ],
)
def test_images_contain_what_is_below_them(
    lock: str, package: str, images: tuple[str, ...]
) -> None:
    assert CATALOG.images_with(lock, package) == images


def test_later_versions_of_bazel_write_repositories_otherwise() -> None:
    lines = [
        line.replace("@@_main~apt~", "@@+apt+").replace("@@_main~nodejs~", "@@+nodejs+")
        for line in LINES
    ]
    assert build_catalog(lambda _: lines) == CATALOG


def test_packages_that_attributes_lead_to_are_asked_for() -> None:
    """As Bazel does it: a query for a package prints the targets of the package only."""
    targets = {json.loads(line).get("rule", {}).get("name", ""): line for line in LINES}
    asked = []

    def query(expression: str) -> Iterable[str]:
        asked.append(expression)
        if expression.startswith("siblings"):
            packages = {"//base", "//java", "//nodejs"}
        else:
            packages = {each.removesuffix(":all") for each in expression.split(" + ")}
        return [line for name, line in targets.items() if name.partition(":")[0] in packages]

    assert build_catalog(query) == CATALOG
    assert asked == [
        'siblings(kind("^catalog_entry rule$", //... - //tests/...))',
        "//cc:all + //private:all + //static:all + @debian12//:all + @nodejs//:all"
        " + @temurin//:all",
        "//private/busybox:all + @debian13//:all",
    ]


def test_an_answer_that_is_no_json_is_an_error() -> None:
    with pytest.raises(ToolError, match="bazel query: line 1"):
        build_catalog(lambda _: ["Loading: 0 packages loaded"])
