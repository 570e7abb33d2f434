from __future__ import annotations

import datetime
import functools
import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tools.lib.cli.errors import ToolError
from tools.lib.x509 import jks
from tools.lib.x509.pem import Certificate
from tools.lib.x509.testing import keytool
from tools.lib.x509.validity import not_before

_DAY = datetime.datetime(2011, 12, 13, 14, 15, 16, tzinfo=datetime.UTC)


@functools.cache  # ECDSA signs differently each time.
def make(name: str = "x", begin: datetime.datetime = _DAY) -> Certificate:
    key = ec.derive_private_key(1, ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    end = begin + datetime.timedelta(days=9)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, begin, end)
    certificate = builder.sign(key, hashes.SHA256())
    return Certificate(certificate.public_bytes(serialization.Encoding.DER))


def trusted(name: str, certificate: Certificate) -> jks.TrustedCertificate:
    return jks.TrustedCertificate(f"usr/share/x/{name}", certificate)


def encode(certificates: Iterable[jks.TrustedCertificate]) -> bytes:
    return jks.encode_trust_store(jks.assign_aliases(certificates))


class StoreEntry(NamedTuple):
    date: int
    kind: str
    certificate: bytes


def parse(data: bytes) -> dict[str, StoreEntry]:
    """Reads a JKS file; written after Java's reader rather than our writer."""
    seal = b"\0c\0h\0a\0n\0g\0e\0i\0tMighty Aphrodite"
    assert hashlib.sha1(seal + data[:-20]).digest() == data[-20:]
    at = 0

    def take(size: int) -> bytes:
        nonlocal at
        at += size
        return data[at - size : at]

    def number(size: int) -> int:
        return int.from_bytes(take(size), "big", signed=size == 8)

    assert (number(4), number(4)) == (0xFEEDFEED, 2)
    entries = {}
    for _ in range(number(4)):
        assert number(4) == 2
        alias = take(number(2)).decode()
        entries[alias] = StoreEntry(number(8), take(number(2)).decode(), take(number(4)))
    assert at == len(data) - 20
    return entries


def test_a_trust_store_has_each_certificate_and_its_not_before() -> None:
    one, two = make("one"), make("two", datetime.datetime(2051, 1, 1, tzinfo=datetime.UTC))
    store = encode([trusted("Two.crt", two), trusted("One.crt", one)])
    assert parse(store) == {
        "debian:one.pem": StoreEntry(1323785716000, "X.509", one),
        "debian:two.pem": StoreEntry(2556144000000, "X.509", two),
    }


def test_the_order_of_the_files_does_not_matter() -> None:
    files = [trusted("a.crt", make("a")), trusted("b.crt", make("b"))]
    stores = [encode(each) for each in (files, files[::-1])]
    assert stores[0] == stores[1]


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("ISRG_Root_X1.crt", "debian:isrg_root_x1.pem"),
        ("own.pem", "debian:own.pem"),
        # What update-ca-certificates(8) and ca-certificates-java make of it.
        ("NetLock_Arany_(Class Gold),_Főtanúsítvány.crt", None),
        ("A.B", "debian:a.b.pem"),
    ],
)
def test_aliases_are_those_of_debian(name: str, alias: str | None) -> None:
    expected = alias or "debian:netlock_arany_=class_gold=__főtanúsítvány.pem"
    assert list(jks.assign_aliases([trusted(name, make())])) == [expected]


def test_aliases_are_unique_and_duplicate_certificates_are_dropped() -> None:
    found = [trusted("x.crt", make("1")), trusted("X.crt", make("2")), trusted("y.crt", make("1"))]
    entries = jks.assign_aliases([*found, trusted("x.pem", make("3"))])
    assert list(entries) == ["debian:x.pem", "debian:x-2.pem", "debian:x-3.pem"]
    assert len({each.certificate for each in entries.values()}) == 3


def test_characters_beyond_the_basic_plane_are_in_modified_utf8() -> None:
    data = encode([trusted("\U0001d4b3.crt", make())])
    assert b"debian:\xed\xa0\xb5\xed\xb2\xb3.pem" in data


def test_an_alias_that_is_too_long_for_java_is_an_error() -> None:
    with pytest.raises(ToolError, match=r"the alias has 70011 bytes .*limit is 65535"):
        encode([jks.TrustedCertificate("x" * 70000, make())])


@pytest.mark.parametrize("year", [1950, 1999, 2000, 2049, 2050, 2100])
def test_not_before_in_both_forms(year: int) -> None:
    begin = datetime.datetime(year, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)
    assert not_before(make(begin=begin)) == int(begin.timestamp())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((b"111213141516Z", b"11121314151Z0"), "notBefore .* is not a time of RFC 5280"),
        ((b"111213141516Z", b"111313141516Z"), "month must be in"),
        ((b"\x17\x0d1112", b"\x04\x0d1112"), "notBefore is not a time"),
        ((b"111213141516Z", b"1112131415\xff6Z"), "can't decode"),
    ],
)
def test_a_certificate_without_not_before_is_an_error_with_its_file(
    change: tuple[bytes, bytes], message: str
) -> None:
    broken = Certificate(make().replace(change[0], change[1], 1))
    assert broken != make()
    with pytest.raises(ToolError, match=f"bad.crt: .*{message}"):
        encode([trusted("bad.crt", broken)])


def test_keytool_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "cacerts"
    path.write_bytes(encode([trusted("Fő.crt", make())]))
    settings = ["-J-Dstdout.encoding=UTF-8", "-J-Duser.timezone=UTC", "-J-Duser.language=en"]
    command = [keytool(), *settings, "-list", "-v", "-keystore", str(path)]
    said = subprocess.run(
        [*command, "-storepass", jks.PASSWORD], check=True, capture_output=True
    ).stdout.decode()
    assert "Keystore type: JKS" in said
    assert "Alias name: debian:fő.pem" in said
    assert "Creation date: Dec 13, 2011" in said
    assert hashlib.sha256(make()).hexdigest().upper() in said.replace(":", "")
