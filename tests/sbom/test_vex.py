"""The statements in private/vex.yaml, on real images."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tools.vex.image_sbom import ImageContent, parse_sbom
from tools.vex.openvex import openvex_document
from tools.vex.statements import Statement, parse_statements

STATEMENTS_FILE = Path(os.environ["STATEMENTS"])
STATEMENTS = parse_statements(STATEMENTS_FILE.read_bytes(), STATEMENTS_FILE.name)
SBOMS = [Path(file) for file in os.environ["SBOMS"].split() if file.endswith(".spdx.json")]
IMAGES = {sbom.name: parse_sbom(sbom.read_bytes(), sbom.name) for sbom in SBOMS}


def found(image: ImageContent, statement: Statement) -> list[dict[str, Any]]:
    document = openvex_document(image, [statement], "Distroless")
    statements: list[dict[str, Any]] = json.loads(document)["statements"] if document else []
    return statements


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda each: each.vulnerability)
def test_each_statement_is_true_of_an_image_that_has_the_package(statement: Statement) -> None:
    having = [
        image
        for image in IMAGES.values()
        if any(package.source == statement.source for package in image.packages)
    ]
    assert having
    for image in having:
        assert found(image, statement), image.name


def test_statements_of_cc() -> None:
    image = IMAGES["cc.spdx.json"]
    document = json.loads(openvex_document(image, STATEMENTS, "Distroless"))
    subcomponents = {
        statement["vulnerability"]["name"]: {
            each["@id"].partition("@")[0].removeprefix("pkg:deb/debian/")
            for each in statement["products"][0]["subcomponents"]
        }
        for statement in document["statements"]
    }
    assert subcomponents == {
        "CVE-2019-1010023": {"libc6"},
        "CVE-2022-27943": {"gcc-12-base", "libgcc-s1", "libgomp1", "libstdc%2B%2B6"},
    }
