"""docs/api is what the public .bzl files say of themselves."""

from __future__ import annotations

import os
from pathlib import Path

from tools.api_reference.__main__ import render

PAGES = render(os.environ["MODULES"].split())
HINT = "run ./knife docs"


def test_there_is_a_page_for_each_public_file() -> None:
    public = {path.stem + ".md" for path in Path("rules").glob("*.bzl")}
    assert set(PAGES) == public | {"README.md"}, "a public .bzl file needs a bzl_library"
    assert {path.name for path in Path("docs/api").glob("*.md")} == set(PAGES), HINT


def test_the_pages_are_current() -> None:
    outdated = [name for name, text in PAGES.items() if Path("docs/api", name).read_text() != text]
    assert not outdated, HINT


def test_everything_public_is_documented() -> None:
    """An attribute without a text renders as a head without a colon."""
    bare = [
        f"{name}: {line}"
        for name, text in PAGES.items()
        for line in text.splitlines()
        if line.startswith("- **`") and (line.endswith(("`**", ")")) and ": " not in line)
    ]
    assert not bare


def test_the_page_of_images_shows_types_defaults_and_what_is_required() -> None:
    apt, oci = PAGES["apt.md"], PAGES["oci.md"]
    assert "\n### apt.install\n\nTag class.\n" in apt
    assert "\n- **`lock`** (label" in apt
    assert "\n## oci_layer\n\nRule.\n" in oci
    assert "\n- **`parts`** (list of labels; required): Packages, " in oci
    assert "\n  Targets provide `PartsInfo`.\n" in oci
    assert "\n## oci_image\n\nMacro.\n" in oci
    assert "\n- **`tars`** (default `[]`): list of labels" in oci
    assert "\n- **`**kwargs`**: attributes that all rules have" in oci
    assert "\n## OciImageInfo\n\nProvider.\n" in oci
    assert '```starlark\nload("@distroless//rules:oci.bzl", ' in oci
