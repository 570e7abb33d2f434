from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.x509.oid import NameOID

from tools.ca_bundle.__main__ import main
from tools.lib.cli.errors import ToolError
from tools.lib.debian.package import BinaryPackage
from tools.lib.debian.testing import MTIME, PackedEntry, deb, file
from tools.lib.part.testing_blob import WrittenPart, read_written_part
from tools.lib.x509.testing import make_certificate

CONTROL = b"Package: ca-certificates\nVersion: 1~x\nArchitecture: all\nDescription: x\n y\n"
ROOTS = {
    f"./usr/share/ca-certificates/mozilla/{name}.crt": make_certificate((NameOID.COMMON_NAME, name))
    for name in ("B", "a")
}
PROGRAM = file("./usr/sbin/update-ca-certificates", b"#!/bin/sh\n")
COPYRIGHT = file("./usr/share/doc/ca-certificates/copyright", b"free\n")
CERTIFICATES = [file(path, pem) for path, pem in ROOTS.items()]


def package(*entries: PackedEntry, control: bytes = CONTROL) -> bytes:
    return deb(*(entries or (PROGRAM, COPYRIGHT, *CERTIFICATES)), control=control)


def make_part(folder: Path, package: bytes, *flags: str) -> WrittenPart:
    """Runs the tool on the package."""
    (folder / "x.deb").write_bytes(package)
    outputs = [f"--blob-out={folder}/blob", f"--part-out={folder}/part.json", "--label=//x:ca"]
    assert main([f"--deb={folder}/x.deb", *outputs, *flags]) == 0
    return read_written_part(folder / "blob", folder / "part.json")


def test_a_part_has_the_bundle_the_copyright_and_the_registration(tmp_path: Path) -> None:
    written = make_part(tmp_path, package())
    files = written.contents
    assert files["etc/ssl/certs/ca-certificates.crt"] == b"".join(ROOTS.values())
    assert files["var/lib/dpkg/status.d/ca-certificates"] == CONTROL
    assert files["usr/share/doc/ca-certificates/copyright"] == b"free\n"
    assert sorted(files)[-1] == "var/lib/dpkg/status.d/ca-certificates.md5sums"
    assert len(files) == 4
    assert written.part.package == BinaryPackage("ca-certificates", "1~x", "all", "ca-certificates")
    assert {each.mode for each in written.part.entries} == {0o644}


def test_all_entries_have_the_newest_time_of_the_certificates(tmp_path: Path) -> None:
    first, second = (file(path, pem) for path, pem in ROOTS.items())
    other = file("./x")
    first.info.mtime, second.info.mtime, other.info.mtime = MTIME + 3, MTIME + 2, MTIME + 9
    part = make_part(tmp_path, package(first, second, other, COPYRIGHT)).part
    assert {each.mtime for each in part.entries} == {MTIME + 3}


def test_additional_certificates_follow(tmp_path: Path) -> None:
    own, certificate = tmp_path / "own.pem", make_certificate((NameOID.COMMON_NAME, "Own"))
    own.write_bytes(certificate.replace(b"\n", b"\r\n"))
    files = make_part(tmp_path, package(), "--certificate", str(own)).contents
    assert files["etc/ssl/certs/ca-certificates.crt"] == b"".join([*ROOTS.values(), certificate])


def test_hashed_adds_a_file_for_each_certificate(tmp_path: Path) -> None:
    files = make_part(tmp_path, package(), "--hashed").contents
    hashed = [data for path, data in files.items() if path.endswith(".0")]
    assert sorted(hashed) == sorted(ROOTS.values())


@pytest.mark.parametrize(
    ("package", "message"),
    [
        (b"", "not a .deb"),
        (b"!<arch>\n", "missing member debian-binary"),
        (package()[:-900], "truncated"),
        (package()[:400], "damaged: no ar header"),
        (package(control=CONTROL.replace(b"ca-cert", b"cert")), "unexpected package certificates"),
        (package(control=CONTROL.replace(b"Version", b"Versio")), "control: missing field Version"),
        (package(COPYRIGHT), "missing files usr/share/ca-certificates/mozilla/"),
        (package(*CERTIFICATES), "missing file usr/share/doc/ca-certificates/copyright"),
        (
            package(COPYRIGHT, file("./usr/share/ca-certificates/mozilla/B.crt", b"x")),
            "B.crt: no PEM certificate found",
        ),
    ],
)
def test_other_packages_are_errors_and_leave_no_output(
    package: bytes, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ToolError, match=message):
        make_part(tmp_path, package)
    assert [each.name for each in tmp_path.iterdir()] == ["x.deb"]
