"""The SBOMs of an image with packages of npm and with wheels, as users make them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

CYCLONEDX, SPDX = sorted(Path(file).resolve() for file in os.environ["DOCUMENTS"].split())
DOCUMENT = json.loads(SPDX.read_bytes())
PACKAGES: dict[str, Any] = {each["name"]: each for each in DOCUMENT["packages"]}


def files_of(name: str) -> list[str]:
    paths = {each["SPDXID"]: each["fileName"] for each in DOCUMENT["files"]}
    return [
        paths[each["relatedSpdxElement"]]
        for each in DOCUMENT["relationships"]
        if each["spdxElementId"] == PACKAGES[name]["SPDXID"] and each["relatedSpdxElement"] in paths
    ]


def purl(name: str) -> str:
    (reference,) = PACKAGES[name]["externalRefs"]
    locator: str = reference["referenceLocator"]
    return locator


def test_documents_are_valid() -> None:
    assert validate_full_spdx_document(parse_file(str(SPDX))) == []
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(CYCLONEDX.read_text()) is None


def test_package_of_npm() -> None:
    package = PACKAGES["ms"]
    assert purl("ms") == f"pkg:npm/ms@{package['versionInfo']}"
    assert package["licenseDeclared"] == "MIT"
    assert len(package["checksums"][0]["checksumValue"]) == 64
    assert "./app/node_modules/ms/index.js" in files_of("ms")


def test_wheels() -> None:
    for name in ("Jinja2", "MarkupSafe"):
        found = {each.lower(): each for each in PACKAGES}[name.lower()]
        package = PACKAGES[found]
        assert purl(found) == f"pkg:pypi/{name.lower()}@{package['versionInfo']}"
        files = files_of(found)
        assert any(file.endswith(f"/site-packages/{name.lower()}/__init__.py") for file in files)
        assert any(file.endswith(".dist-info/METADATA") for file in files)


def test_files_of_the_program_belong_to_the_image() -> None:
    image = next(each["name"] for each in DOCUMENT["packages"] if "Root" in each["SPDXID"])
    assert image == "tests/sbom"
    assert "./app/program.runfiles/_main/tests/sbom/program.py" in files_of(image)
    comments = {each["fileName"]: each.get("comment") for each in DOCUMENT["files"]}
    assert comments["./app/program"] == "from //tests/sbom:program_layer"
