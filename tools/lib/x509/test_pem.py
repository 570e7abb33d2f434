from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from tools.lib.cli.errors import ToolError
from tools.lib.x509 import der, pem
from tools.lib.x509.testing import make_certificate


@pytest.fixture(scope="module")
def one() -> bytes:
    return make_certificate((NameOID.COMMON_NAME, "One"))


@pytest.fixture(scope="module")
def two() -> bytes:
    return make_certificate((NameOID.COMMON_NAME, "Two"))


def test_certificates_are_read_in_order_and_written_as_they_were(one: bytes, two: bytes) -> None:
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
def test_variants_of_a_file_give_the_same_certificate(change, one: bytes) -> None:  # type: ignore[no-untyped-def]
    assert list(map(pem.encode, pem.certificates(change(one), "x.pem"))) == [one]


def _drop_line(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join(lines[:2] + lines[3:])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: b"", "x.pem: no PEM certificate found"),
        (lambda data: b"\x30\x82\x01\x00", "x.pem: no PEM certificate found"),
        (
            lambda data: data.replace(b"CERTIFICATE", b"PRIVATE KEY"),
            "x.pem:1: unexpected 'PRIVATE KEY'",
        ),
        (lambda data: data.rpartition(b"-----END")[0], "x.pem: truncated certificate"),
        (lambda data: data.rpartition(b"-----END")[0] + data, "x.pem:.*unbalanced BEGIN and END"),
        (lambda data: data.partition(b"\n")[2], "x.pem:.*unbalanced BEGIN and END"),
        (lambda data: data.replace(b"MII", b"M!I", 1), "x.pem:.*invalid base64"),
        (_drop_line, "x.pem:.*invalid X.509 certificate: truncated"),
    ],
)
def test_invalid_files_are_errors(change, message: str, one: bytes) -> None:  # type: ignore[no-untyped-def]
    data = change(one)
    with pytest.raises(ToolError, match=message):
        pem.certificates(data, "x.pem")


def test_a_certificate_truncated_anywhere_is_an_error(one: bytes) -> None:
    whole = pem.certificates(one, "x.pem")[0]
    der.subject(whole)
    for size in range(len(whole)):
        with pytest.raises(ValueError, match=r"truncated|DER|values|Certificate"):
            der.subject(whole[:size])


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        # Well-known roots, and the names of their links in Debian's /etc/ssl/certs.
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
            id="case and spaces do not matter",
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
    assert der.subject_hash(pem.certificates(make_certificate(*names), "x.pem")[0]) == expected
