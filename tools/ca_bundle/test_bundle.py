from __future__ import annotations

import hashlib

import pytest
from cryptography.x509.oid import NameOID

from tools.ca_bundle import bundle
from tools.lib.cli.errors import ToolError
from tools.lib.x509 import pem
from tools.lib.x509.testing import make


@pytest.fixture(scope="module")
def roots() -> list[bytes]:
    return [make((NameOID.COMMON_NAME, f"Root {number}")) for number in range(3)]


def made(*blocks: bytes, hashed: bool = False) -> dict[str, bytes]:
    found = pem.certificates(b"".join(blocks), "x.pem")
    return bundle.files(found, b"Package: ca-certificates\n", b"free\n", hashed=hashed)


def test_the_package_s_come_by_name_and_one_s_own_after_them(roots: list[bytes]) -> None:
    shipped = {"mozilla/b.crt": roots[0], "mozilla/B.crt": roots[1]}
    found = bundle.certificates(shipped, [("own.pem", roots[2])])
    assert [pem.encode(each) for each in found] == [roots[1], roots[0], roots[2]]


def test_each_certificate_comes_once(roots: list[bytes]) -> None:
    own = [("own.pem", roots[1] + roots[0] + roots[1])]
    found = bundle.certificates({"a.crt": roots[0]}, own)
    assert [pem.encode(each) for each in found] == [roots[0], roots[1]]


def test_a_bad_certificate_of_one_s_own_is_named(roots: list[bytes]) -> None:
    with pytest.raises(ToolError, match=r"own\.pem: holds no certificate"):
        bundle.certificates({"a.crt": roots[0]}, [("own.pem", b"\n")])


def test_the_bundle_is_the_blocks_one_after_another(roots: list[bytes]) -> None:
    assert made(*roots)["etc/ssl/certs/ca-certificates.crt"] == b"".join(roots)


def test_the_package_is_registered_with_the_files_that_are_there(roots: list[bytes]) -> None:
    files = made(*roots, hashed=True)
    status = "var/lib/dpkg/status.d/ca-certificates"
    assert files.pop(status) == b"Package: ca-certificates\n"
    sums = files.pop(f"{status}.md5sums").decode()
    assert sums.splitlines() == [
        f"{hashlib.md5(files[path]).hexdigest()}  {path}" for path in sorted(files)
    ]
    assert files["usr/share/doc/ca-certificates/copyright"] == b"free\n"


def test_hashed_files_are_numbered_where_the_subject_is_one() -> None:
    name = (
        (NameOID.COUNTRY_NAME, "US"),
        (NameOID.ORGANIZATION_NAME, "Internet Security Research Group"),
        (NameOID.COMMON_NAME, "ISRG Root X1"),
    )
    first, second = make(*name, serial=1), make(*name, serial=2)
    files = made(first, second, hashed=True)
    assert files["etc/ssl/certs/4042bcee.0"] == first
    assert files["etc/ssl/certs/4042bcee.1"] == second
    assert not any(path.startswith("etc/ssl/certs/4042bcee") for path in made(first, second))
