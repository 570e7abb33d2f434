from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.x509.oid import NameOID

from tools.java_keystore.__main__ import main
from tools.lib.cli.errors import ToolError
from tools.lib.debian.testing import MTIME, PackedEntry, deb, file
from tools.lib.part.testing_blob import WrittenPart, read_written_part
from tools.lib.x509.testing import make_certificate

CONTROL = b"Package: ca-certificates\nVersion: 1\nArchitecture: all\n"
DIRECTORY = "./usr/share/ca-certificates/mozilla"
DEBIAN = "/etc/ssl/certs/java/cacerts"
TEMURIN = "/etc/ssl/certs/adoptium/cacerts"

FILES = (
    file("./usr/share/doc/ca-certificates/copyright", b"free\n"),
    file(f"{DIRECTORY}/B_(x).crt", make_certificate((NameOID.COMMON_NAME, "B"))),
    file(f"{DIRECTORY}/a.crt", make_certificate((NameOID.COMMON_NAME, "a"))),
)


def make_part(folder: Path, *flags: str, files: tuple[PackedEntry, ...] = FILES) -> WrittenPart:
    """Runs the tool on a package of the files."""
    (folder / "x.deb").write_bytes(deb(*files, control=CONTROL))
    outputs = [f"--blob-out={folder}/blob", f"--part-out={folder}/part.json", "--label=//x:jks"]
    assert main([f"--deb={folder}/x.deb", *outputs, *flags]) == 0
    return read_written_part(folder / "blob", folder / "part.json")


def test_a_part_has_the_trust_store(tmp_path: Path) -> None:
    written = make_part(tmp_path, "--path", DEBIAN)
    data = written.contents[DEBIAN[1:]]
    assert data.startswith(b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\2")
    assert data.index(b"debian:a.pem") < data.index(b"debian:b_=x=.pem")
    assert (written.entries[DEBIAN[1:]].mtime, written.entries[DEBIAN[1:]].mode) == (MTIME, 0o644)


def test_the_package_is_not_registered_twice(tmp_path: Path) -> None:
    written = make_part(tmp_path, "--path", DEBIAN)
    assert (written.part.package, written.part.architecture) == (None, None)
    assert list(written.entries) == [DEBIAN[1:]]


def test_further_paths_are_links_to_the_first(tmp_path: Path) -> None:
    found = make_part(tmp_path, "--path", DEBIAN, "--path", TEMURIN, "--path", "/cacerts").entries
    assert list(found) == ["cacerts", TEMURIN[1:], DEBIAN[1:]]
    assert found[TEMURIN[1:]].linkname == "../java/cacerts"
    assert found["cacerts"].linkname == "etc/ssl/certs/java/cacerts"
    assert found[DEBIAN[1:]].isreg()


def test_additional_certificates_have_aliases_of_their_file(tmp_path: Path) -> None:
    own = tmp_path / "Corp.pem"
    own.write_bytes(
        b"".join(make_certificate((NameOID.COMMON_NAME, name)) for name in ("One", "Two"))
    )
    written = make_part(tmp_path, "--path", DEBIAN, "--certificate", str(own))
    data = written.contents[DEBIAN[1:]]
    assert data[8:12] == b"\0\0\0\4"
    assert b"debian:corp.pem" in data
    assert b"debian:corp-2.pem" in data


def test_the_order_of_the_package_does_not_matter(tmp_path: Path) -> None:
    first = make_part(tmp_path, "--path", DEBIAN)
    assert make_part(tmp_path, "--path", DEBIAN, files=FILES[::-1]).contents == first.contents


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["/etc/../x"], r"//x:jks: paths: '/etc/\.\./x' is not the path of a file"),
        (["/"], "paths: '/' is not the path of a file"),
        (["/etc/java/"], "paths: '/etc/java/' is not the path of a file"),
        (["/x", "x"], "paths: duplicate path 'x'"),
        ([], "--path"),
    ],
)
def test_invalid_paths_are_errors_and_leave_no_output(
    paths: list[str], message: str, tmp_path: Path
) -> None:
    flags = [flag for path in paths for flag in ("--path", path)]
    with pytest.raises(ToolError, match=message):
        make_part(tmp_path, *flags)
    assert [each.name for each in tmp_path.iterdir()] == ["x.deb"]


def test_an_invalid_certificate_is_an_error_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"mozilla/a\.crt: no PEM certificate found"):
        make_part(tmp_path, "--path", DEBIAN, files=(*FILES[:2], file(f"{DIRECTORY}/a.crt", b"x")))
