from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tools.lib.archive.tar_entry import TarEntry
from tools.lib.cli.errors import ToolError
from tools.lib.debian.package import BinaryPackage
from tools.lib.oci.descriptor import CONFIG, Descriptor, Platform, digest_of
from tools.lib.oci.image_config import ImageConfig
from tools.lib.oci.manifest import Manifest
from tools.lib.part.inventory import write_inventory
from tools.lib.part.part import Origin
from tools.lib.part.part_json import write_part
from tools.lib.part.part_writer import PartWriter
from tools.sbom.__main__ import main

OS_RELEASE = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Distroless"\n'
COPYRIGHT = b"""\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2026 A
License: Expat
"""
CONTROL = b"""\
Package: libfoo1
Source: foo (1:2-3)
Version: 1:2-3+b1
Architecture: amd64
Maintainer: Foo Team <foo@example.org>
Description: foos
"""
PACKAGE = BinaryPackage("libfoo1", "1:2-3+b1", "amd64", "foo")
ORIGIN = Origin(url="https://deb.example/libfoo1.deb", sha256="ab" * 32)


class Image:
    """An image in a directory, and the flags of the tool for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.flags: list[str] = []
        self.inventories: list[str] = []
        self.describe()

    def describe(self, created: str = "2026-01-02T03:04:05Z", **annotations: str) -> None:
        config = ImageConfig(Platform("linux", "amd64"), created=created).encode()
        descriptor = Descriptor(CONFIG, digest_of(config), len(config), {})
        named = {f"org.opencontainers.image.{key}": text for key, text in annotations.items()}
        self.manifest = Manifest(descriptor, (), named).encode()
        (self.folder / "manifest.json").write_bytes(self.manifest)
        (self.folder / "config.json").write_bytes(config)

    def add(
        self,
        name: str,
        files: dict[str, bytes],
        package: BinaryPackage | None = None,
        origin: Origin | None = None,
    ) -> None:
        """Adds a part."""
        with open(self.folder / f"{name}.blob", "wb") as out:
            writer = PartWriter(out, "gzip")
            for path in sorted(files):
                data = files[path]
                writer.add(TarEntry(path, "file", 0o644, size=len(data)), [data])
            part = writer.close(label=f"//:{name}", architecture=None, package=package)
        with open(self.folder / f"{name}.part.json", "wb") as out:
            write_part(replace(part, origin=origin), out)
        with open(self.folder / f"{name}.inventory.json", "wb") as out:
            write_inventory(writer.inventory, out)
        self.flags += ["--part", str(self.folder / f"{name}.part.json")]
        self.inventories.append(str(self.folder / f"{name}.inventory.json"))

    def sbom(self, *more: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The documents in SPDX and in CycloneDX."""
        self.run([*more, *self.flags], self.inventories)
        spdx, cyclonedx = ((self.folder / name).read_bytes() for name in ("spdx", "cdx"))
        # Neither their order nor a second run matters.
        self.run([*more, *self.flags], self.inventories[::-1])
        assert (self.folder / "spdx").read_bytes() == spdx
        assert (self.folder / "cdx").read_bytes() == cyclonedx
        return json.loads(spdx), json.loads(cyclonedx)

    def run(self, flags: Sequence[str], inventories: Sequence[str]) -> None:
        outputs = {"manifest": "manifest.json", "config": "config.json"}
        outputs |= {"spdx-out": "spdx", "cyclonedx-out": "cdx"}
        arguments = [f"--{flag}={self.folder / name}" for flag, name in outputs.items()]
        arguments += [f"--inventory={path}" for path in inventories]
        assert main([*arguments, "--name=app", *flags]) == 0


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return Image(tmp_path)


def by_name(elements: list[dict[str, Any]], key: str = "name") -> dict[str, dict[str, Any]]:
    return {element[key]: element for element in elements}


def contained(spdx: dict[str, Any], element: str) -> list[str]:
    """What an element contains: names of packages, and paths."""
    names = {each["SPDXID"]: each["name"] for each in spdx["packages"]}
    names |= {each["SPDXID"]: each["fileName"] for each in spdx["files"]}
    return sorted(
        names[each["relatedSpdxElement"]]
        for each in spdx["relationships"]
        if each["relationshipType"] == "CONTAINS" and names[each["spdxElementId"]] == element
    )


def add_debian(image: Image) -> None:
    image.add("os_release", {"etc/os-release": OS_RELEASE})
    files = {
        "usr/lib/libfoo.so.1": b"elf",
        "usr/share/doc/libfoo1/copyright": COPYRIGHT,
        "var/lib/dpkg/status.d/libfoo1": CONTROL,
    }
    image.add("libfoo1", files, PACKAGE, ORIGIN)


def test_debian_package_in_spdx(image: Image) -> None:
    add_debian(image)
    spdx, _ = image.sbom()
    package = by_name(spdx["packages"])["libfoo1"]
    assert package == {
        "SPDXID": "SPDXRef-Package-deb-libfoo1",
        "name": "libfoo1",
        "versionInfo": "1:2-3+b1",
        "supplier": "Organization: Foo Team (foo@example.org)",
        "downloadLocation": ORIGIN.url,
        "checksums": [{"algorithm": "SHA256", "checksumValue": ORIGIN.sha256}],
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "MIT",
        "copyrightText": "NOASSERTION",
        "summary": "foos",
        "sourceInfo": "built package from: foo 1:2-3",
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": "pkg:deb/debian/libfoo1@1:2-3%2Bb1"
                "?arch=amd64&distro=debian-12&upstream=foo%401:2-3",
            }
        ],
        "filesAnalyzed": True,
        "packageVerificationCode": package["packageVerificationCode"],
    }
    assert contained(spdx, "libfoo1") == [
        "./usr/lib/libfoo.so.1",
        "./usr/share/doc/libfoo1/copyright",
        "./var/lib/dpkg/status.d/libfoo1",
    ]
    assert contained(spdx, "debian") == ["libfoo1"]
    file = by_name(spdx["files"], "fileName")["./usr/lib/libfoo.so.1"]
    assert file["checksums"] == [
        {"algorithm": "SHA1", "checksumValue": hashlib.sha1(b"elf").hexdigest()},
        {"algorithm": "SHA256", "checksumValue": hashlib.sha256(b"elf").hexdigest()},
    ]


def test_debian_package_in_cyclonedx(image: Image) -> None:
    add_debian(image)
    _, cyclonedx = image.sbom()
    components = by_name(cyclonedx["components"])
    assert components["debian"] == {
        "type": "operating-system",
        "bom-ref": "os",
        "name": "debian",
        "version": "12",
        "description": "Distroless",
    }
    package = components["libfoo1"]
    assert [each["name"] for each in package.pop("components")] == [
        "/usr/lib/libfoo.so.1",
        "/usr/share/doc/libfoo1/copyright",
        "/var/lib/dpkg/status.d/libfoo1",
    ]
    assert package == {
        "type": "library",
        "bom-ref": "deb-libfoo1",
        "name": "libfoo1",
        "version": "1:2-3+b1",
        "purl": "pkg:deb/debian/libfoo1@1:2-3%2Bb1"
        "?arch=amd64&distro=debian-12&upstream=foo%401:2-3",
        "description": "foos",
        "supplier": {"name": "Foo Team", "contact": [{"email": "foo@example.org"}]},
        "licenses": [{"expression": "MIT", "acknowledgement": "declared"}],
        "externalReferences": [
            {
                "type": "distribution",
                "url": ORIGIN.url,
                "hashes": [{"alg": "SHA-256", "content": ORIGIN.sha256}],
            }
        ],
        "properties": [
            {"name": "aquasecurity:trivy:SrcName", "value": "foo"},
            {"name": "aquasecurity:trivy:SrcVersion", "value": "2"},
            {"name": "aquasecurity:trivy:SrcRelease", "value": "3"},
            {"name": "aquasecurity:trivy:SrcEpoch", "value": "1"},
        ],
    }


def test_a_license_without_an_identifier_has_its_text_once(image: Image) -> None:
    for name in ("liba", "libb"):
        files = {
            f"usr/share/doc/{name}/copyright": b"As you like it.\n",
            f"var/lib/dpkg/status.d/{name}": CONTROL.replace(b"libfoo1", name.encode()),
        }
        image.add(name, files, replace(PACKAGE, name=name))
    spdx, cyclonedx = image.sbom()
    (text,) = spdx["hasExtractedLicensingInfos"]
    assert text["extractedText"] == "As you like it.\n"
    first, second = cyclonedx["components"]
    assert first["licenses"] == second["licenses"]
    assert first["licenses"][0]["expression"] == text["licenseId"]
    (evidence,) = first["evidence"]["licenses"]
    assert evidence["license"] == {
        "name": text["licenseId"],
        "text": {"content": "As you like it.\n"},
    }
    assert "evidence" not in second


def test_generated_files_belong_to_the_image_and_name_who_made_them(image: Image) -> None:
    image.add("passwd", {"etc/passwd": b"root"})
    spdx, cyclonedx = image.sbom()
    assert contained(spdx, "app") == ["./etc/passwd"]
    assert spdx["files"][0]["comment"] == "from //:passwd"
    (file,) = cyclonedx["metadata"]["component"]["components"]
    assert file["name"] == "/etc/passwd"
    assert file["properties"] == [{"name": "distroless:label", "value": "//:passwd"}]


def test_the_image_itself(image: Image) -> None:
    image.describe(title="team/server", vendor="Example", created="2026-01-02T04:04:05.5+01:00")
    spdx, cyclonedx = image.sbom("--supplier=other", "--prefer-title")
    digest = hashlib.sha256(image.manifest).hexdigest()
    (root,) = spdx["packages"]
    assert (root["name"], root["versionInfo"]) == ("team/server", f"sha256:{digest}")
    assert root["externalRefs"][0]["referenceLocator"] == (
        f"pkg:oci/server@sha256:{digest}?arch=amd64"
    )
    assert root["supplier"] == "Organization: Example"
    assert root["filesAnalyzed"] is False
    assert spdx["creationInfo"] == {
        "created": "2026-01-02T03:04:05Z",
        "creators": ["Organization: Example", "Tool: distroless"],
    }
    assert cyclonedx["metadata"]["timestamp"] == "2026-01-02T03:04:05Z"
    assert cyclonedx["metadata"]["supplier"] == {"name": "Example"}
    component = cyclonedx["metadata"]["component"]
    assert component["hashes"] == [{"alg": "SHA-256", "content": digest}]


def test_flags_name_the_image_and_what_annotations_do_not(image: Image) -> None:
    image.describe(created="", title="other")
    spdx, _ = image.sbom("--supplier=Example")
    assert spdx["name"] == "app"
    assert spdx["creationInfo"]["created"] == "1970-01-01T00:00:00Z"
    assert spdx["packages"][0]["supplier"] == "Organization: Example"


def test_a_name_with_a_registry_is_in_the_package_url(image: Image) -> None:
    spdx, _ = image.sbom("--name=gcr.io/distroless/cc-debian12")
    digest = hashlib.sha256(image.manifest).hexdigest()
    assert spdx["packages"][0]["externalRefs"][0]["referenceLocator"] == (
        f"pkg:oci/cc-debian12@sha256:{digest}"
        "?arch=amd64&repository_url=gcr.io%2Fdistroless%2Fcc-debian12"
    )


def test_other_content_has_another_namespace_and_serial_number(image: Image) -> None:
    first = image.sbom()
    image.add("passwd", {"etc/passwd": b"root"})
    second = image.sbom()
    for key, index in (("documentNamespace", 0), ("serialNumber", 1)):
        assert first[index][key] != second[index][key]


def test_a_file_belongs_to_the_uppermost_layer_that_has_it(image: Image) -> None:
    image.add("old", {"a": b"old"})
    image.add("new", {"a": b"new"})
    spdx, _ = image.sbom()
    (file,) = spdx["files"]
    assert file["comment"] == "from //:new"
    assert file["checksums"][1]["checksumValue"] == hashlib.sha256(b"new").hexdigest()


def test_packages_of_npm_and_their_files(image: Image) -> None:
    top = "app/node_modules/a"
    image.add(
        "a",
        {f"{top}/package.json": b'{"version": "1", "license": "ISC"}', f"{top}/lib/x.js": b"x"},
        origin=Origin(url="https://npm.example/a.tgz", sha256="cd" * 32, purl="pkg:npm/a@1"),
    )
    image.add("nested", {f"{top}/node_modules/b/package.json": b'{"version": "2"}'})
    image.add("again", {"other/node_modules/a/package.json": b'{"version": "1"}'})
    spdx, cyclonedx = image.sbom()
    packages = by_name(spdx["packages"], "SPDXID")
    first = packages["SPDXRef-Package-npm-a"]
    assert first["downloadLocation"] == "https://npm.example/a.tgz"
    assert first["licenseDeclared"] == "ISC"
    assert packages["SPDXRef-Package-npm-a--2"]["downloadLocation"] == "NOASSERTION"
    assert "./app/node_modules/a/lib/x.js" in contained(spdx, "a")
    assert contained(spdx, "b") == ["./app/node_modules/a/node_modules/b/package.json"]
    assert [each["purl"] for each in cyclonedx["components"]] == [
        "pkg:npm/a@1",
        "pkg:npm/a@1",
        "pkg:npm/b@2",
    ]


def test_a_wheel_alone_in_its_directory_has_all_files(image: Image) -> None:
    metadata = b"Name: x\nVersion: 1\n"
    image.add(
        "app",
        {
            "app/x/site-packages/x-1.dist-info/METADATA": metadata,
            "app/x/site-packages/x/__init__.py": b"",
            "venv/site-packages/y-1.dist-info/METADATA": metadata.replace(b"x", b"y"),
            "venv/site-packages/z-1.dist-info/METADATA": metadata.replace(b"x", b"z"),
            "venv/site-packages/z.py": b"",
        },
    )
    spdx, _ = image.sbom()
    assert contained(spdx, "x") == [
        "./app/x/site-packages/x-1.dist-info/METADATA",
        "./app/x/site-packages/x/__init__.py",
    ]
    assert contained(spdx, "z") == ["./venv/site-packages/z-1.dist-info/METADATA"]
    assert "./venv/site-packages/z.py" in contained(spdx, "app")


def test_temurin_is_a_package_and_a_runtime(image: Image) -> None:
    release = b'IMPLEMENTOR="Eclipse Adoptium"\nIMAGE_TYPE="JRE"\nJAVA_VERSION="21.0.12"\n'
    image.add(
        "temurin",
        {
            "usr/lib/jvm/temurin-21-jre-amd64/release": release,
            "var/lib/dpkg/status.d/temurin-21-jre": CONTROL.replace(b"libfoo1", b"temurin-21-jre"),
        },
        BinaryPackage("temurin-21-jre", "1:2-3+b1", "amd64", "foo"),
        ORIGIN,
    )
    spdx, cyclonedx = image.sbom()
    packages = by_name(spdx["packages"])
    kinds = [each["referenceType"] for each in packages["temurin"]["externalRefs"]]
    assert kinds == ["purl", "cpe23Type", "cpe23Type", "cpe23Type"]
    assert packages["temurin"]["downloadLocation"] == ORIGIN.url
    assert "./usr/lib/jvm/temurin-21-jre-amd64/release" in contained(spdx, "temurin-21-jre")
    runtime = by_name(cyclonedx["components"])["temurin"]
    assert runtime["cpe"].startswith("cpe:2.3:a:eclipse:temurin:21.0.12:")
    assert [each["name"] for each in runtime["properties"]] == ["syft:cpe23"] * 2


def test_a_layer_without_metadata_is_read(image: Image, tmp_path: Path) -> None:
    tar = tmp_path / "base.tar"
    status = CONTROL.replace(b"Package: libfoo1\n", b"Package: libfoo1\nStatus: x y installed\n")
    with open(tar, "wb") as out:
        writer = PartWriter(out, "none", whole=True)
        for path, data in (("etc/os-release", OS_RELEASE), ("var/lib/dpkg/status", status)):
            writer.add(TarEntry(path, "file", 0o644, size=len(data)), [data])
        writer.close(label="", architecture=None, package=None)
        writer.layer()
    image.flags += ["--tar", str(tar)]
    spdx, _ = image.sbom()
    assert sorted(by_name(spdx["packages"])) == ["app", "debian", "libfoo1"]
    digest = hashlib.sha256(tar.read_bytes()).hexdigest()
    assert {each["comment"] for each in spdx["files"]} == {f"from layer sha256:{digest}"}
    assert str(tmp_path) not in json.dumps(spdx)


def test_names_that_are_not_utf_8_are_escaped(image: Image) -> None:
    image.add("a", {"latin-\udce9": b""})
    spdx, cyclonedx = image.sbom()
    assert spdx["files"][0]["fileName"] == "./latin-\\xe9"
    assert cyclonedx["metadata"]["component"]["components"][0]["name"] == "/latin-\\xe9"


def test_a_created_that_is_not_a_time_is_an_error(image: Image) -> None:
    image.describe(created="yesterday")
    with pytest.raises(ToolError, match="created is not a time: 'yesterday'"):
        image.sbom()
