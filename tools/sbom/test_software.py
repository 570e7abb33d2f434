from __future__ import annotations

import json

import pytest

from tools.sbom.bom import Supplier
from tools.sbom.software import read_software


def test_package_of_npm() -> None:
    text = json.dumps(
        {
            "name": "@a/b",
            "version": "1.2.3",
            "license": "MIT",
            "author": "Jo Doe <jo@example.org> (https://example.org)",
            "description": "does it",
            "homepage": "https://example.org/b",
        }
    )
    (software,) = read_software("app/node_modules/@a/b/package.json", text)
    assert (software.name, software.version) == ("@a/b", "1.2.3")
    assert software.directory == "app/node_modules/@a/b"
    assert software.purls == ("pkg:npm/%40a/b@1.2.3",)
    assert software.supplier == Supplier("Person", "Jo Doe", "jo@example.org")
    assert software.license.expression == "MIT"
    assert (software.description, software.homepage) == ("does it", "https://example.org/b")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"license": {"type": "ISC"}}, "ISC"),
        ({"licenses": [{"type": "MIT"}, {"type": "Apache-2.0"}]}, "MIT OR Apache-2.0"),
        ({}, ""),
        ({"license": 5, "author": 5}, ""),
    ],
)
def test_older_forms_of_licenses_of_npm(fields: dict[str, object], expected: str) -> None:
    text = json.dumps({"version": "1"} | fields)
    (software,) = read_software("node_modules/b/package.json", text)
    assert software.license.expression == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("License-Expression: MIT OR ISC\n", "MIT OR ISC"),
        ("License: ISC\n", "ISC"),
        ("License: UNKNOWN\n", ""),
        ("", ""),
    ],
)
def test_python_distribution(header: str, expected: str) -> None:
    text = f"Name: My_Lib.x\nVersion: 3.1\nSummary: it\n{header}\nName: text\n"
    (software,) = read_software("app/site-packages/my_lib_x-3.1.dist-info/METADATA", text)
    assert (software.name, software.version) == ("My_Lib.x", "3.1")
    assert software.purls == ("pkg:pypi/my-lib-x@3.1",)
    assert software.license.expression == expected
    assert software.description == "it"


def test_eclipse_temurin() -> None:
    text = (
        'IMPLEMENTOR="Eclipse Adoptium"\nIMAGE_TYPE="JRE"\n'
        'JAVA_RUNTIME_VERSION="21.0.12.1+1-LTS"\nJAVA_VERSION="21.0.12.1"\nMODULES="java.base"\n'
    )
    (software,) = read_software("usr/lib/jvm/temurin-21-jre-amd64/release", text)
    assert (software.name, software.version) == ("temurin", "21.0.12.1+1")
    assert software.purls == ("pkg:generic/eclipse/temurin@21.0.12.1%2B1",)
    assert software.cpes == (
        "cpe:2.3:a:eclipse:temurin:21.0.12.1:*:*:*:*:*:*:*",
        "cpe:2.3:a:oracle:openjdk:21.0.12.1:*:*:*:*:*:*:*",
        "cpe:2.3:a:oracle:jre:21.0.12.1:*:*:*:*:*:*:*",
    )
    assert software.supplier == Supplier("Organization", "Eclipse Adoptium")


def test_openjdk_of_debian_is_its_package() -> None:
    text = 'IMPLEMENTOR="Debian"\nJAVA_VERSION="21.0.13"\n'
    assert read_software("usr/lib/jvm/java-21-openjdk-amd64/release", text) == []


def spdx_package(name: str, *references: tuple[str, str]) -> dict[str, object]:
    return {
        "name": name,
        "versionInfo": "1",
        "supplier": "Organization: Example",
        "licenseDeclared": "MIT",
        "externalRefs": [
            {"referenceType": kind, "referenceLocator": locator} for kind, locator in references
        ],
    }


def test_spdx_document_of_one_package() -> None:
    cpe = "cpe:2.3:a:x:x:1:*:*:*:*:*:*:*"
    package = spdx_package("x", ("purl", "pkg:bitnami/x@1"), ("cpe23Type", cpe), ("purl", "pkg:x"))
    (software,) = read_software("opt/x/x.spdx.json", json.dumps({"packages": [package]}))
    assert (software.name, software.version, software.directory) == ("x", "1", "opt/x")
    assert software.purls == ("pkg:bitnami/x@1", "pkg:x")
    assert software.cpes == (cpe,)
    assert software.supplier == Supplier("Organization", "Example")
    assert software.license.expression == "MIT"


def test_of_several_packages_in_a_document_nobody_knows_the_files() -> None:
    packages = [spdx_package(name, ("purl", f"pkg:generic/{name}@1")) for name in ("x", "y")]
    found = read_software("opt/all.spdx.json", json.dumps({"packages": packages}))
    assert [(each.name, each.directory) for each in found] == [("x", ""), ("y", "")]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("node_modules/b/package.json", "{"),
        ("node_modules/b/package.json", "[]"),
        ("node_modules/b/package.json", '{"name": "b"}'),
        ("x.dist-info/METADATA", "Name: x\n"),
        ("x.dist-info/METADATA", ""),
        ("a.spdx.json", "{}"),
        ("a.spdx.json", '{"packages": [5, {"name": "a"}]}'),
        ("usr/lib/jvm/x/release", "\0"),
        ("etc/os-release", "ID=debian"),
    ],
)
def test_files_that_describe_nothing(path: str, text: str) -> None:
    assert read_software(path, text) == []
