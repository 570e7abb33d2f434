from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import NameOID

from tools.java_keystore.__main__ import main
from tools.lib.archive.tar_entry import END_OF_ARCHIVE
from tools.lib.cli.errors import ToolError
from tools.lib.x509.testing import deb, make

STANZA = "Package: ca-certificates\nVersion: 1\nArchitecture: all\n"
FOLDER = "./usr/share/ca-certificates/mozilla"
DEBIAN = "/etc/ssl/certs/java/cacerts"
TEMURIN = "/etc/ssl/certs/adoptium/cacerts"

FILES = {
    "./usr/share/doc/ca-certificates/copyright": b"free\n",
    f"{FOLDER}/B_(x).crt": make((NameOID.COMMON_NAME, "B")),
    f"{FOLDER}/a.crt": make((NameOID.COMMON_NAME, "a")),
}


def make_part(
    folder: Path, *flags: str, files: dict[str, bytes] = FILES
) -> tuple[dict[str, Any], bytes]:
    """Runs the tool; returns the metadata and the run, uncompressed."""
    (folder / "x.deb").write_bytes(deb(STANZA, files))
    outputs = ["--blob-out", str(folder / "run"), "--part-out", str(folder / "part.json")]
    assert main(["--deb", str(folder / "x.deb"), "--label", "//x:jks", *outputs, *flags]) == 0
    return json.loads((folder / "part.json").read_bytes()), gzip.decompress(
        (folder / "run").read_bytes()
    )


def members(run: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(run + END_OF_ARCHIVE)) as tar:
        return {each.name: each for each in tar}


def store(run: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(run + END_OF_ARCHIVE)) as tar:
        file = tar.extractfile(DEBIAN[1:])
        assert file is not None
        return file.read()


def test_a_package_becomes_a_trust_store(tmp_path: Path) -> None:
    metadata, run = make_part(tmp_path, "--path", DEBIAN)
    data = store(run)
    assert data.startswith(b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\2")
    assert data.index(b"debian:a.pem") < data.index(b"debian:b_=x=.pem")
    # The newest certificate's time; and the bundle registers the package, this does not.
    assert (members(run)[DEBIAN[1:]].mtime, members(run)[DEBIAN[1:]].mode) == (1002, 0o644)
    assert (metadata["package"], metadata["architecture"]) == (None, None)


def test_further_paths_are_links_to_the_first(tmp_path: Path) -> None:
    _, run = make_part(tmp_path, "--path", DEBIAN, "--path", TEMURIN, "--path", "/cacerts")
    found = members(run)
    assert list(found) == ["cacerts", TEMURIN[1:], DEBIAN[1:]]
    assert found[TEMURIN[1:]].linkname == "../java/cacerts"
    assert found["cacerts"].linkname == "etc/ssl/certs/java/cacerts"
    assert found[DEBIAN[1:]].isreg()


def test_one_s_own_certificates_are_added_each_of_a_file(tmp_path: Path) -> None:
    own = tmp_path / "Corp.pem"
    own.write_bytes(b"".join(make((NameOID.COMMON_NAME, name)) for name in ("One", "Two")))
    data = store(make_part(tmp_path, "--path", DEBIAN, "--certificate", str(own))[1])
    assert data[8:12] == b"\0\0\0\4"
    assert b"debian:corp.pem" in data
    assert b"debian:corp-2.pem" in data


def test_the_order_of_the_archive_does_not_count(tmp_path: Path) -> None:
    again = dict(reversed(FILES.items()))
    _, first = make_part(tmp_path, "--path", DEBIAN)
    assert store(make_part(tmp_path, "--path", DEBIAN, files=again)[1]) == store(first)


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["/etc/../x"], r"//x:jks: --path /etc/\.\./x: no path of a file"),
        (["/"], "--path /: no path of a file"),
        (["/etc/java/"], "--path /etc/java/: no path of a file"),
        (["/x", "x"], "--path x: given twice"),
        ([], "--path"),
    ],
)
def test_a_bad_path_leaves_nothing(paths: list[str], message: str, tmp_path: Path) -> None:
    flags = [flag for path in paths for flag in ("--path", path)]
    with pytest.raises(ToolError, match=message):
        make_part(tmp_path, *flags)
    assert [each.name for each in tmp_path.iterdir()] == ["x.deb"]


def test_a_bad_certificate_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"mozilla/a\.crt: holds no certificate"):
        make_part(tmp_path, "--path", DEBIAN, files=FILES | {f"{FOLDER}/a.crt": b"x"})
