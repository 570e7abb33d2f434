"""The provenance of images of the catalogue has what was downloaded, and nothing else."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from tools.lib.attest.provenance import Material, Provenance, parse_provenance

HERE = Path("tests/provenance")


def read(name: str) -> Provenance:
    path = HERE / f"{name}.provenance.json"
    return parse_provenance(json.loads(path.read_text()), str(path))


def locked(distribution: str) -> set[Material]:
    lock = json.loads(Path(f"private/lock/{distribution}.lock.json").read_text())
    return {Material(each["url"], each["sha256"]) for each in lock["packages"].values()}


def test_an_image_is_made_of_the_packages_of_its_set_and_of_certificates() -> None:
    debs = {
        hashlib.sha256(Path(each).read_bytes()).hexdigest() for each in os.environ["DEBS"].split()
    }
    image = read("image")
    (certificates,) = [each for each in image.materials if each.sha256 not in debs]
    assert "/ca-certificates_" in certificates.url
    assert debs < {each.sha256 for each in image.materials}
    assert set(image.materials) <= locked("debian12")
    assert (image.target, image.platforms) == ("//static:static_amd64_debian12", ("linux/amd64",))


def test_an_index_is_made_of_what_its_images_are_made_of() -> None:
    index = read("index")
    images = [read(f"index.{number}") for number in range(len(index.platforms))]
    assert {each for image in images for each in image.materials} == set(index.materials)
    assert tuple(image.platforms[0] for image in images) == index.platforms
    assert images[0].target == "//static:static_amd64_debian12"
    assert index.target == "//static:static_debian12"
    assert index.settings == {"@distroless//rules:compression": "gzip"}
    assert index.rules


def test_a_runtime_of_another_vendor_is_named_by_its_url() -> None:
    (archive,) = [each for each in read("nodejs").materials if "nodejs.org" in each.url]
    assert archive.url.startswith("https://nodejs.org/dist/v22.")
    text = Path("private/lock/nodejs.json").read_text()
    assert archive.sha256 in text
