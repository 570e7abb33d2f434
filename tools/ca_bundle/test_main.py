from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import NameOID

from tools.ca_bundle.__main__ import main
from tools.lib.archive.tar_entry import END_OF_ARCHIVE
from tools.lib.cli.errors import ToolError
from tools.lib.x509 import testing
from tools.lib.x509.testing import make

STANZA = "Package: ca-certificates\nVersion: 1~x\nArchitecture: all\nDescription: x\n y\n"
ROOTS = {
    f"./usr/share/ca-certificates/mozilla/{name}.crt": make((NameOID.COMMON_NAME, name))
    for name in ("B", "a")
}
FILES = {
    "./usr/sbin/update-ca-certificates": b"#!/bin/sh\n",
    "./usr/share/doc/ca-certificates/copyright": b"free\n",
    **ROOTS,
}


def deb(stanza: str = STANZA, files: dict[str, bytes] = FILES) -> bytes:
    return testing.deb(stanza, files)


def make_part(folder: Path, package: bytes, *flags: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Runs the tool; returns the metadata, and the path and content of each file."""
    (folder / "x.deb").write_bytes(package)
    outputs = ["--blob-out", str(folder / "run"), "--part-out", str(folder / "part.json")]
    assert main(["--deb", str(folder / "x.deb"), "--label", "//x:ca", *outputs, *flags]) == 0
    plain = gzip.decompress((folder / "run").read_bytes()) + END_OF_ARCHIVE
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        assert {each.mode for each in tar} == {0o644}
        files = {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]
    return json.loads((folder / "part.json").read_bytes()), files


def test_a_package_becomes_a_bundle(tmp_path: Path) -> None:
    metadata, files = make_part(tmp_path, deb())
    assert files["etc/ssl/certs/ca-certificates.crt"] == b"".join(ROOTS.values())
    assert files["var/lib/dpkg/status.d/ca-certificates"] == STANZA.encode()
    assert files["usr/share/doc/ca-certificates/copyright"] == b"free\n"
    assert sorted(files)[-1] == "var/lib/dpkg/status.d/ca-certificates.md5sums"
    assert len(files) == 4
    assert metadata["package"] == {
        "name": "ca-certificates",
        "version": "1~x",
        "architecture": "all",
        "source": "ca-certificates",
    }
    # The last certificate of the archive.
    assert {each["mtime"] for each in metadata["entries"]} == {1003}


def test_one_s_own_certificates_are_added(tmp_path: Path) -> None:
    own, certificate = tmp_path / "own.pem", make((NameOID.COMMON_NAME, "Own"))
    own.write_bytes(certificate.replace(b"\n", b"\r\n"))
    _, files = make_part(tmp_path, deb(), "--certificate", str(own))
    assert files["etc/ssl/certs/ca-certificates.crt"] == b"".join([*ROOTS.values(), certificate])


def test_hashed_adds_a_file_a_certificate(tmp_path: Path) -> None:
    _, files = make_part(tmp_path, deb(), "--hashed")
    hashed = [data for path, data in files.items() if path.endswith(".0")]
    assert sorted(hashed) == sorted(ROOTS.values())


WITHOUT = {path: data for path, data in FILES.items() if path not in ROOTS}


@pytest.mark.parametrize(
    ("package", "message"),
    [
        (b"", "not a .deb"),
        (b"!<arch>\n", "has no debian-binary"),
        (deb()[:-900], "cut off"),
        (deb()[:400], "damaged at byte"),
        (deb(STANZA.replace("ca-certificates", "openssl")), "the package openssl"),
        (deb("Package: ca-certificates\nArchitecture: all\n"), "control: has no Version"),
        (deb(files=WITHOUT), "has no usr/share/ca-certificates/mozilla/"),
        (deb(files=ROOTS), "has no usr/share/doc/ca-certificates/copyright"),
        (deb(files=FILES | {next(iter(ROOTS)): b"x"}), "B.crt: holds no certificate"),
    ],
)
def test_a_bad_package_leaves_nothing(package: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=message):
        make_part(tmp_path, package)
    assert [each.name for each in tmp_path.iterdir()] == ["x.deb"]
