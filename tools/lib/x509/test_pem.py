from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from tools.lib.cli.errors import ToolError
from tools.lib.x509 import der, pem
from tools.lib.x509.testing import make


@pytest.fixture(scope="module")
def one() -> bytes:
    return make((NameOID.COMMON_NAME, "One"))


@pytest.fixture(scope="module")
def two() -> bytes:
    return make((NameOID.COMMON_NAME, "Two"))


def test_a_file_is_read_in_its_order_and_written_as_it_was(one: bytes, two: bytes) -> None:
    read = pem.certificates(two + one, "x.pem")
    assert b"".join(map(pem.encode, read)) == two + one


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(lambda data: data.rstrip(b"\n"), id="no final newline"),
        pytest.param(lambda data: b"subject=CN = One\n\n" + data + b"\n\n", id="text around"),
        pytest.param(lambda data: b"\xef\xbb\xbf" + data, id="byte order mark"),
    ],
)
def test_forms_of_one_file_come_out_the_same(change, one: bytes) -> None:  # type: ignore[no-untyped-def]
    assert list(map(pem.encode, pem.certificates(change(one), "x.pem"))) == [one]


def _drop_line(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join(lines[:2] + lines[3:])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: b"", "x.pem: holds no certificate in PEM"),
        (lambda data: b"\x30\x82\x01\x00", "x.pem: holds no certificate in PEM"),
        (lambda data: data.replace(b"CERTIFICATE", b"PRIVATE KEY"), "x.pem:1: holds a PRIVATE KEY"),
        (lambda data: data.rpartition(b"-----END")[0], "x.pem: ends inside a certificate"),
        (lambda data: data.rpartition(b"-----END")[0] + data, "x.pem:.*do not alternate"),
        (lambda data: data.partition(b"\n")[2], "x.pem:.*do not alternate"),
        (lambda data: data.replace(b"MII", b"M!I", 1), "x.pem:.*not base64"),
        (_drop_line, "x.pem:.*not an X.509 certificate: it is cut off"),
    ],
)
def test_bad_files_are_refused(change, message: str, one: bytes) -> None:  # type: ignore[no-untyped-def]
    data = change(one)
    with pytest.raises(ToolError, match=message):
        pem.certificates(data, "x.pem")


def test_every_cut_of_a_certificate_is_an_error(one: bytes) -> None:
    whole = pem.certificates(one, "x.pem")[0]
    der.subject(whole)
    for size in range(len(whole)):
        with pytest.raises(ValueError, match=r"cut off|DER|values|Certificate"):
            der.subject(whole[:size])


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        # The names of well-known roots, and of their links in Debian's /etc/ssl/certs.
        pytest.param(
            (
                (NameOID.COUNTRY_NAME, "US"),
                (NameOID.ORGANIZATION_NAME, "Internet Security Research Group"),
                (NameOID.COMMON_NAME, "ISRG Root X1"),
            ),
            "4042bcee",
            id="ISRG Root X1",
        ),
        pytest.param(
            (
                (NameOID.COUNTRY_NAME, "us"),
                (NameOID.ORGANIZATION_NAME, " Internet  Security Research Group "),
                (NameOID.COMMON_NAME, "isrg ROOT x1"),
            ),
            "4042bcee",
            id="case and spaces do not count",
        ),
        pytest.param(
            (
                (NameOID.COUNTRY_NAME, "HU"),
                (NameOID.LOCALITY_NAME, "Budapest"),
                (NameOID.ORGANIZATION_NAME, "NetLock Kft."),
                (NameOID.ORGANIZATIONAL_UNIT_NAME, "Tanúsítványkiadók (Certification Services)"),
                (NameOID.COMMON_NAME, "NetLock Arany (Class Gold) Főtanúsítvány"),
            ),
            "988a38cb",
            id="NetLock Arany",
        ),
    ],
)
def test_subject_hash_is_openssl_s(
    names: tuple[tuple[x509.ObjectIdentifier, str], ...], expected: str
) -> None:
    assert der.subject_hash(pem.certificates(make(*names), "x.pem")[0]) == expected
