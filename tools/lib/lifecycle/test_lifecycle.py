"""How long images are supported, with the committed data."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.lifecycle.end_of_life import end_of_life_artifact
from tools.lib.lifecycle.lifecycle import PATH, parse_lifecycle, read_lifecycle
from tools.lib.lifecycle.near import near_end
from tools.lib.lifecycle.table import BEGIN, END, lifecycle_table, replace_table

LIFECYCLE = read_lifecycle()
PAGE = "docs/releases.md"


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("image", "distribution", "architecture", "support_ends", "end_of_life"),
    [
        ("static", "debian12", "", "2026-07-11", "2028-06-30"),
        ("static", "debian12", "ppc64le", "2026-07-11", "2028-06-30"),
        # Debian 12 has no long-term support for it.
        ("static", "debian12", "s390x", "2026-07-11", "2026-07-11"),
        # Debian has not announced which architectures will have it.
        ("static", "debian13", "s390x", "2028-08-09", "2030-06-30"),
        ("base_nossl", "debian13", "amd64", "2028-08-09", "2030-06-30"),
        ("nodejs20", "debian12", "", "2026-04-30", "2026-04-30"),
        ("nodejs20", "debian12", "s390x", "2026-04-30", "2026-04-30"),
        ("nodejs22", "debian12", "", "2026-07-11", "2027-04-30"),
        ("nodejs22", "debian12", "s390x", "2026-07-11", "2026-07-11"),
        ("nodejs26", "debian12", "", "2026-07-11", "2028-06-30"),
        # Debian fixes its own packages until the release ends.
        ("java17", "debian12", "amd64", "2026-07-11", "2028-06-30"),
        ("java17_temurin", "debian13", "amd64", "2027-10-31", "2027-10-31"),
        ("python3", "debian12", "amd64", "2026-07-11", "2028-06-30"),
    ],
)
def test_an_image_ends_with_the_first_of_its_parts(
    image: str, distribution: str, architecture: str, support_ends: str, end_of_life: str
) -> None:
    found = LIFECYCLE.support(image, distribution, architecture)
    assert (found.support_ends, found.end_of_life) == (day(support_ends), day(end_of_life))


def test_an_image_that_is_not_listed_is_an_error() -> None:
    for image, distribution in (("rust", "debian12"), ("java17", "debian13")):
        with pytest.raises(ToolError) as caught:
            LIFECYCLE.support(image, distribution)
        assert str(caught.value) == (
            f"private/lifecycle.json: no image {image} of {distribution}"
            " (hint: add it to private/lifecycle.json)"
        )


def test_an_artifact_is_attached_from_the_day_after_the_end() -> None:
    def artifact(text: str, architecture: str = "") -> object:
        return end_of_life_artifact(LIFECYCLE, "nodejs22", "debian12", architecture, day(text))

    assert artifact("2027-04-30") is None
    first = end_of_life_artifact(LIFECYCLE, "nodejs22", "debian12", "", day("2027-05-01"))
    assert first
    assert first.artifact_type == "application/vnd.microsoft.artifact.lifecycle"
    assert first.annotations == {"vnd.microsoft.artifact.lifecycle.end-of-life.date": "2027-04-30"}
    assert first.data == b"{}"
    # It is the same on each later day, so it is attached once.
    assert artifact("2030-01-01") == first
    assert artifact("2026-07-11", "s390x") is None
    assert artifact("2026-07-12", "s390x") is not None


def test_ends_within_half_a_year_are_near() -> None:
    assert near_end(LIFECYCLE, day("2026-01-12")) == [
        "nodejs20-debian12: end of life is 2026-04-30, in 108 days",
        "nodejs20-debian13: end of life is 2026-04-30, in 108 days",
        "debian12, but for amd64, arm, arm64, ppc64le: end of life is 2026-07-11, in 180 days",
    ]
    assert near_end(LIFECYCLE, day("2026-05-01"))[:2] == [
        "nodejs20-debian12: end of life was 2026-04-30, 1 day ago",
        "nodejs20-debian13: end of life was 2026-04-30, 1 day ago",
    ]
    assert near_end(LIFECYCLE, day("2025-10-31")) == []


def test_the_page_has_the_table_of_the_data() -> None:
    text = Path(PAGE).read_text()
    assert replace_table(text, LIFECYCLE, PAGE) == text, "run ./knife docs"


def test_images_with_equal_dates_share_a_row() -> None:
    lines = lifecycle_table(LIFECYCLE).splitlines()
    assert (
        "| `nodejs20-debian12`, `nodejs20-debian13` | Node.js 20 | 2026-04-30 | 2026-04-30"
        " | 2026-04-30 |" in lines
    )
    assert lines[-1] == (
        "Debian 12: only amd64, arm, arm64, ppc64le have long-term support. The end of life of its"
        " images for other architectures is 2026-07-11."
    )


def test_a_page_without_the_comments_is_an_error() -> None:
    for text in ("", BEGIN, f"{END}\n{BEGIN}\n"):
        with pytest.raises(ToolError, match="no lines"):
            replace_table(text, LIFECYCLE, PAGE)


def _remove(name: str) -> Callable[[Any], None]:
    return lambda value: value.pop(name)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (_remove("version"), "lifecycle file of version 1"),
        (_remove("images"), "images: "),
        (lambda value: value["images"].update(a=["debian99"]), "images.a: unknown distribution"),
        (lambda value: value["runtimes"][0].update(images=["a"]), "runtimes[0].images: unknown"),
        (lambda value: value["runtimes"][0].update(updates="me"), "runtimes[0].updates: must be"),
        (
            lambda value: value["runtimes"].append(value["runtimes"][0]),
            "duplicate entry for java17 of debian12",
        ),
        (
            lambda value: value["distributions"]["debian12"].update(released="June"),
            "distributions.debian12.released: invalid date 'June'",
        ),
    ],
)
def test_errors_name_the_field(change: Callable[[Any], None], error: str) -> None:
    value = json.loads(Path(PATH).read_bytes())
    change(value)
    with pytest.raises(ToolError) as caught:
        parse_lifecycle(json.dumps(value).encode(), PATH)
    assert str(caught.value).startswith(f"{PATH}: ")
    assert error in str(caught.value)
