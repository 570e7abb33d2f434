from __future__ import annotations

import hashlib

import pytest
from cryptography.x509.oid import NameOID

from tools.lib.cli.errors import ToolError
from tools.lib.debian.ca_certificates import CaCertificates
from tools.lib.debian.control import parse_control
from tools.lib.x509 import pem
from tools.lib.x509.bundle import bundle_certificates, bundle_files
from tools.lib.x509.testing import make_certificate

CONTROL = parse_control(b"Package: ca-certificates\nVersion: 1\nArchitecture: all\n")


@pytest.fixture(scope="module")
def roots() -> list[bytes]:
    return [make_certificate((NameOID.COMMON_NAME, f"Root {number}")) for number in range(3)]


def files_of(*blocks: bytes, hashed: bool = False) -> dict[str, bytes]:
    certificates = pem.certificates(b"".join(blocks), "x.pem")
    package = CaCertificates(CONTROL, b"free\n", {}, 0)
    return bundle_files(certificates, package, hashed=hashed)


def test_the_packages_certificates_are_sorted_and_additional_ones_follow(
    roots: list[bytes],
) -> None:
    package = {"mozilla/b.crt": roots[0], "mozilla/B.crt": roots[1]}
    found = bundle_certificates(package, [("own.pem", roots[2])])
    assert [pem.encode(each) for each in found] == [roots[1], roots[0], roots[2]]


def test_duplicate_certificates_are_dropped(roots: list[bytes]) -> None:
    additional = [("own.pem", roots[1] + roots[0] + roots[1])]
    found = bundle_certificates({"a.crt": roots[0]}, additional)
    assert [pem.encode(each) for each in found] == [roots[0], roots[1]]


def test_an_additional_file_without_certificates_is_an_error(roots: list[bytes]) -> None:
    with pytest.raises(ToolError, match=r"own\.pem: no PEM certificate found"):
        bundle_certificates({"a.crt": roots[0]}, [("own.pem", b"\n")])


def test_the_bundle_is_the_concatenated_certificates(roots: list[bytes]) -> None:
    assert files_of(*roots)["etc/ssl/certs/ca-certificates.crt"] == b"".join(roots)


def test_the_package_is_registered_with_the_files_of_the_part(roots: list[bytes]) -> None:
    files = files_of(*roots, hashed=True)
    status = "var/lib/dpkg/status.d/ca-certificates"
    assert files.pop(status) == CONTROL.paragraph
    sums = files.pop(f"{status}.md5sums").decode()
    assert sums.splitlines() == [
        f"{hashlib.md5(files[path]).hexdigest()}  {path}" for path in sorted(files)
    ]
    assert files["usr/share/doc/ca-certificates/copyright"] == b"free\n"


def test_hashed_files_with_the_same_subject_are_numbered() -> None:
    name = (
        (NameOID.COUNTRY_NAME, "US"),
        (NameOID.ORGANIZATION_NAME, "Internet Security Research Group"),
        (NameOID.COMMON_NAME, "ISRG Root X1"),
    )
    first, second = make_certificate(*name, serial=1), make_certificate(*name, serial=2)
    files = files_of(first, second, hashed=True)
    assert files["etc/ssl/certs/4042bcee.0"] == first
    assert files["etc/ssl/certs/4042bcee.1"] == second
    assert not any(path.startswith("etc/ssl/certs/4042bcee") for path in files_of(first, second))
