from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.lib.cli.errors import ToolError
from tools.vex.__main__ import main
from tools.vex.image_sbom import ImageContent, ImagePackage, parse_sbom
from tools.vex.openvex import openvex_document
from tools.vex.statements import parse_statements

STATEMENTS = """\
version: 1
statements:
  - vulnerability: CVE-2023-45853
    source: zlib
    justification: vulnerable_code_not_present
    reason: >
      MiniZip is not
      in the package.
    date: 2026-11-28
    absent: ["**/*minizip*"]
  - vulnerability: CVE-2020-0001
    source: glibc
    justification: inline_mitigations_already_exist
    reason: None.
    date: 2026-11-30
"""
DIGEST = "ab" * 32
ZLIB = "pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1"
SPDX = {
    "packages": [
        {
            "name": "gcr.io/distroless/cc-debian12",
            "versionInfo": f"sha256:{DIGEST}",
            "primaryPackagePurpose": "CONTAINER",
            "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:oci/cc@1"}],
        },
        {"name": "debian", "versionInfo": "12"},
        {
            "name": "zlib1g",
            "sourceInfo": "built package from: zlib 1:1.2.13.dfsg-1",
            "externalRefs": [
                {"referenceType": "purl", "referenceLocator": f"{ZLIB}?arch=amd64&upstream=zlib"}
            ],
        },
        {
            "name": "tzdata",
            "externalRefs": [
                {"referenceType": "purl", "referenceLocator": "pkg:deb/debian/tzdata@1?arch=all"},
                {"referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:x"},
            ],
        },
    ],
    "files": [{"fileName": "./usr/lib/libz.so.1"}],
}
CONTENT = ImageContent(
    name="cc-debian12",
    digest=DIGEST,
    packages=(ImagePackage("zlib", ZLIB), ImagePackage("tzdata", "pkg:deb/debian/tzdata@1")),
    paths=("usr/lib/libz.so.1",),
)


def document(content: ImageContent, *names: str, text: str = STATEMENTS) -> dict[str, Any]:
    statements = parse_statements(text.encode(), "vex.yaml")
    written = openvex_document(content, statements, "Example", names)
    value: dict[str, Any] = json.loads(written) if written else {}
    return value


def test_the_sbom_says_what_the_image_has() -> None:
    assert parse_sbom(json.dumps(SPDX).encode(), "x.spdx.json") == CONTENT


def test_document(tmp_path: Path) -> None:
    (tmp_path / "spdx").write_text(json.dumps(SPDX))
    (tmp_path / "vex.yaml").write_text(STATEMENTS)
    files = {"spdx": "spdx", "statements": "vex.yaml", "vex-out": "out"}
    flags = [f"--{flag}={tmp_path / name}" for flag, name in files.items()]
    assert main([*flags, "--author=Example", "--image-name=cc-debian12"]) == 0
    written = json.loads((tmp_path / "out").read_bytes())
    packages = [
        {"@id": ZLIB},
        {"@id": "pkg:deb/debian/zlib1g@1.2.13.dfsg-1?epoch=1"},
    ]
    assert written == {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": written["@id"],
        "author": "Example",
        "timestamp": "2026-11-28T00:00:00Z",
        "tooling": "distroless",
        "version": 1,
        "statements": [
            {
                "vulnerability": {"name": "CVE-2023-45853"},
                "timestamp": "2026-11-28T00:00:00Z",
                "status": "not_affected",
                "justification": "vulnerable_code_not_present",
                "impact_statement": "MiniZip is not in the package.",
                "products": [
                    {
                        "@id": f"pkg:oci/cc-debian12@sha256:{DIGEST}",
                        "hashes": {"sha-256": DIGEST},
                        "subcomponents": packages,
                    },
                    {"@id": "pkg:oci/cc-debian12", "subcomponents": packages},
                ],
            }
        ],
    }
    assert written["@id"].startswith("https://openvex.dev/docs/public/vex-")


def test_a_statement_that_an_image_contradicts_is_left_out() -> None:
    paths = ("usr/lib/libminizip.so.1",)
    assert document(CONTENT)["statements"]
    assert document(ImageContent("cc", DIGEST, CONTENT.packages, paths)) == {}


def test_another_version_is_another_document() -> None:
    packages = (ImagePackage("zlib", "pkg:deb/debian/zlib1g@1:1.3"),)
    other = document(ImageContent("cc-debian12", DIGEST, packages, ()))
    assert other["@id"] != document(CONTENT)["@id"]
    assert other["@id"] == document(ImageContent("cc-debian12", DIGEST, packages, ()))["@id"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version: 1\n", "", "vex.yaml: missing field version"),
        ("version: 1\n", "version: 2\n", "vex.yaml: version: expected version 1, found 2"),
        ("CVE-2020-0001", "CVE-1", r"statements\[1\]\.vulnerability: expected a name such as CVE-"),
        ("    source: glibc\n", "", r"statements\[1\]: missing field source"),
        ("None.", "''", r"statements\[1\]\.reason: expected a non-empty string"),
        ("2026-11-30", "30.11.2026", r"statements\[1\]\.date: expected a date such as 2026-11-28"),
        (
            "inline_mitigations_already_exist",
            "harmless",
            r"statements\[1\]\.justification: expected one of component_not_present, ",
        ),
        ("absent: [", "absent: ['', ", r"empty pattern in vex.yaml: statements\[0\]\.absent"),
        ("absent:", "lacks:", r"statements\[0\]: unknown field 'lacks'"),
        (
            "CVE-2020-0001\n    source: glibc",
            "CVE-2023-45853\n    source: zlib",
            r"statements\[1\]: duplicate entry for CVE-2023-45853 in zlib",
        ),
    ],
)
def test_malformed_statements(old: str, new: str, message: str) -> None:
    assert old in STATEMENTS
    with pytest.raises(ToolError, match=message):
        parse_statements(STATEMENTS.replace(old, new).encode(), "vex.yaml")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"packages": []}, "x.json: not the SBOM of an image"),
        ({}, "x.json: packages: missing"),
        ({"packages": [5]}, r"x.json: packages\[0\]: must be an object"),
        (SPDX | {"files": None}, "x.json: files: missing"),
    ],
)
def test_another_document_is_an_error(value: object, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        parse_sbom(json.dumps(value).encode(), "x.json")
