from __future__ import annotations

import functools
import io
import subprocess
from pathlib import Path

import pytest
from cryptography.x509.oid import NameOID

from tools.lib.archive.tar_entry import TarEntry, path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.debian.testing import deb, file
from tools.lib.part.overlay import Overlay
from tools.lib.part.part_json import read_part, write_part
from tools.lib.part.part_writer import PartWriter
from tools.lib.part.testing_blob import WrittenPart, read_written_part
from tools.lib.x509 import jks, pem
from tools.lib.x509.testing import make_certificate
from tools.trust_store.__main__ import main

BUNDLE = "etc/ssl/certs/ca-certificates.crt"
JAVA = "etc/ssl/certs/java/cacerts"


@functools.cache  # ECDSA signs differently each time
def certificate(name: str) -> bytes:
    return make_certificate((NameOID.COMMON_NAME, name))


ROOT, OWN = certificate("Root"), certificate("Own  CA")


def store(*names: str) -> bytes:
    """A Java trust store of certificates with these names, which are aliases too."""
    entries = {
        name: jks.TrustedCertificate(name, pem.certificates(certificate(name), name)[0])
        for name in names
    }
    return jks.encode_trust_store(entries)


def base(folder: Path, files: dict[str, bytes | str]) -> list[str]:
    """Writes the part.json of a base; text is the target of a link. Returns the flags for it."""
    writer = PartWriter(io.BytesIO(), "none")
    for path, data in sorted(files.items(), key=lambda item: path_bytes(item[0])):
        if isinstance(data, str):
            writer.add(TarEntry(path, "symlink", 0o777, mtime=1, link=data))
        else:
            writer.add(TarEntry(path, "file", 0o644, mtime=1, size=len(data)), [data])
    part = writer.close(label="//base:files", architecture=None, package=None)
    with (folder / "base.json").open("wb") as out:
        write_part(part, out)
    return ["--has-base", "--part", str(folder / "base.json")]


def make(folder: Path, *flags: str, own: bytes = OWN) -> WrittenPart:
    (folder / "own.crt").write_bytes(own)
    outputs = [f"--blob-out={folder}/blob", f"--part-out={folder}/part.json", "--label=//x:y"]
    assert main([*flags, f"--certificate={folder}/own.crt", "--mtime=5", *outputs]) == 0
    return read_written_part(folder / "blob", folder / "part.json")


def java_names(data: bytes) -> list[str]:
    return sorted(jks.decode_trust_store(data, "x"))


def test_certificates_are_added_to_those_of_the_base(tmp_path: Path) -> None:
    written = make(tmp_path, *base(tmp_path, {BUNDLE: ROOT, JAVA: store("Root")}))
    assert written.contents[BUNDLE] == ROOT + OWN
    assert java_names(written.contents[JAVA]) == ["Root", "debian:own.pem"]
    overlay = Overlay()
    parts = [read_part(str(tmp_path / "base.json")), written.part]
    assert [conflict for part in parts for conflict in overlay.apply(part)] == []


def test_a_certificate_that_the_base_has_is_not_added_twice(tmp_path: Path) -> None:
    written = make(tmp_path, *base(tmp_path, {BUNDLE: ROOT, JAVA: store("Root")}), own=ROOT)
    assert written.contents[BUNDLE] == ROOT
    assert java_names(written.contents[JAVA]) == ["Root"]


def test_links_to_java_stores_stay_and_other_jdks_are_found(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        BUNDLE: ROOT,
        JAVA: store("Root"),
        "etc/ssl/certs/adoptium/cacerts": "../java/cacerts",
        "usr/lib/jvm/a/lib/security/cacerts": "/etc/ssl/certs/java/cacerts",
        "opt/java/lib/security/cacerts": store("Other"),
    }
    written = make(tmp_path, *base(tmp_path, files))
    assert [path for path in written.entries if path.endswith("cacerts")] == [
        JAVA,
        "opt/java/lib/security/cacerts",
    ]
    names = java_names(written.contents["opt/java/lib/security/cacerts"])
    assert names == ["Other", "debian:own.pem"]


def test_a_bundle_behind_a_link_is_replaced_where_it_is(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {BUNDLE: "../../pki/java/lib/security/cacerts"}
    files["etc/pki/java/lib/security/cacerts"] = ROOT
    with pytest.raises(ToolError, match="//x:y: /etc/pki/java/lib/security/cacerts of the base"):
        make(tmp_path, *base(tmp_path, files))


def test_openssl_finds_each_certificate_by_its_hash(tmp_path: Path) -> None:
    written = make(tmp_path, "--hashed", *base(tmp_path, {BUNDLE: ROOT}))
    hashed = {path: data for path, data in written.contents.items() if path.endswith((".0", ".1"))}
    for name, data in (("root.pem", ROOT), ("own.pem", OWN)):
        (tmp_path / "rehash" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "rehash" / name).write_bytes(data)
    subprocess.run(["openssl", "rehash", str(tmp_path / "rehash")], check=True)
    expected = {
        f"etc/ssl/certs/{each.name}": each.read_bytes()
        for each in (tmp_path / "rehash").iterdir()
        if each.is_symlink()
    }
    assert len(expected) == 2
    assert hashed == expected


def test_a_base_with_hashed_files_gets_further_numbers(tmp_path: Path) -> None:
    other = make_certificate((NameOID.COMMON_NAME, "Own  CA"), serial=7)  # of the same subject
    name = (
        subprocess.run(
            ["openssl", "x509", "-noout", "-subject_hash"],
            input=OWN,
            check=True,
            capture_output=True,
        )
        .stdout.decode()
        .strip()
    )
    files: dict[str, bytes | str] = {BUNDLE: ROOT + other, f"etc/ssl/certs/{name}.0": other}
    written = make(tmp_path, *base(tmp_path, files))
    hashed = [path for path in written.entries if path.startswith("etc/ssl/certs/")]
    assert sorted(hashed) == [f"etc/ssl/certs/{name}.1", BUNDLE]
    assert written.contents[f"etc/ssl/certs/{name}.1"] == OWN


def test_a_base_without_a_bundle_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=f"//x:y: the base image has no /{BUNDLE} .*`deb`"):
        make(tmp_path, *base(tmp_path, {"etc/x": b""}))


def test_a_store_without_a_base(tmp_path: Path) -> None:
    flags = [f"--java-keystore=/{JAVA}", "--java-keystore=/etc/ssl/certs/adoptium/cacerts"]
    written = make(tmp_path, *flags)
    assert written.contents[BUNDLE] == OWN
    assert java_names(written.contents[JAVA]) == ["debian:own.pem"]
    assert written.entries["etc/ssl/certs/adoptium/cacerts"].linkname == "../java/cacerts"
    assert written.entries["usr/lib/ssl/cert.pem"].linkname == f"/{BUNDLE}"
    assert written.part.replaces == ()


def test_the_package_comes_first_and_is_registered(tmp_path: Path) -> None:
    control = b"Package: ca-certificates\nVersion: 1\nArchitecture: all\nDescription: x\n"
    package = deb(
        file("./usr/share/doc/ca-certificates/copyright", b"free\n"),
        file("./usr/share/ca-certificates/mozilla/Root.crt", ROOT),
        control=control,
    )
    (tmp_path / "x.deb").write_bytes(package)
    written = make(tmp_path, f"--deb={tmp_path}/x.deb", *base(tmp_path, {"etc/x": b""}))
    assert written.contents[BUNDLE] == ROOT + OWN
    assert written.contents["var/lib/dpkg/status.d/ca-certificates"] == control
    assert written.part.package is not None
    assert written.part.package.name == "ca-certificates"
