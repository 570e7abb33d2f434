"""The annotations of images and indexes (OCI image-spec 1.1, annotations.md)."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

PREFIX = "org.opencontainers.image."
ALWAYS = {"created", "description", "licenses", "source", "title", "vendor", "version"}


def named(variable: str) -> dict[str, Path]:
    pairs = (pair.partition("=") for pair in os.environ[variable].split())
    return {name: Path(path) for name, _, path in pairs}


IMAGES, BASES, INDEXES = named("IMAGES"), named("BASES"), named("INDEXES")


def document(layout: Path, digest: str) -> Any:
    return json.loads((layout / "blobs/sha256" / digest.removeprefix("sha256:")).read_bytes())


def root(layout: Path) -> Any:
    (descriptor,) = json.loads((layout / "index.json").read_bytes())["manifests"]
    return document(layout, descriptor["digest"])


def oci_annotations(value: Any) -> dict[str, str]:
    """Those of the namespace, without it; there are no others."""
    return {key.removeprefix(PREFIX): text for key, text in value["annotations"].items()}


@pytest.mark.parametrize("name", IMAGES)
def test_annotations_are_complete(name: str) -> None:
    found = oci_annotations(root(IMAGES[name]))
    assert found.keys() == (ALWAYS | {"base.name", "base.digest"} if name in BASES else ALWAYS)
    assert found["title"] == name
    assert found["vendor"] == "Distroless"
    assert found["source"] == "https://github.com/GoogleContainerTools/distroless"
    assert re.fullmatch(r"[A-Z].+[^.]", found["description"])


@pytest.mark.parametrize("name", BASES)
def test_the_base_is_named_by_its_digest(name: str) -> None:
    assert oci_annotations(root(IMAGES[name]))["base.digest"] == BASES[name].read_text()


def test_names_of_bases() -> None:
    names = {name: oci_annotations(root(IMAGES[name]))["base.name"] for name in BASES}
    assert names == {
        "cc": "gcr.io/distroless/base-debian12:debug",
        "python3": "gcr.io/distroless/cc-debian13:latest",
    }


def test_the_version_is_that_of_the_software() -> None:
    versions = {name: oci_annotations(root(layout))["version"] for name, layout in IMAGES.items()}
    assert (versions["static"], versions["cc"]) == ("12", "12")
    assert re.fullmatch(r"3\.13\.\d+", versions["python3"])


def test_licenses_of_debug_images_have_that_of_busybox() -> None:
    assert oci_annotations(root(IMAGES["static"]))["licenses"] == "GPL-2.0-or-later AND MPL-2.0"
    assert "GPL-2.0-only" in oci_annotations(root(IMAGES["cc"]))["licenses"].split(" AND ")


@pytest.mark.parametrize("name", IMAGES)
def test_created_is_the_time_in_the_config(name: str) -> None:
    manifest = root(IMAGES[name])
    config = document(IMAGES[name], manifest["config"]["digest"])
    assert oci_annotations(manifest)["created"] == config["created"]


@pytest.mark.parametrize("name", INDEXES)
def test_an_index_says_what_its_images_have_in_common(name: str) -> None:
    found = oci_annotations(root(INDEXES[name]))
    assert found.keys() == ALWAYS - {"created"}
    assert found["title"] == name
