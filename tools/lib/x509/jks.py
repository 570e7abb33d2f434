"""Java trust stores: keystores in JKS format, version 2, with certificates and no keys.

Source of the format: OpenJDK, sun.security.provider.JavaKeyStore, and java.io.DataOutput for its
numbers (big-endian) and strings (modified UTF-8).
"""

from __future__ import annotations

import hashlib
import posixpath
import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.x509 import der
from tools.lib.x509.pem import Certificate
from tools.lib.x509.validity import not_before

PASSWORD = "changeit"
"""Java's default. It protects nothing; the digest that it seals detects damage."""

_MAGIC, _VERSION, _TRUSTED_CERTIFICATE = 0xFEEDFEED, 2, 2
_MAX_STRING = 0xFFFF
_DIGEST_SIZE = 20


@dataclass(frozen=True, slots=True)
class TrustedCertificate:
    """A certificate to trust, and the path of its file, from which its alias is made."""

    path: str
    certificate: Certificate


def assign_aliases(
    certificates: Iterable[TrustedCertificate], taken: Collection[str] = ()
) -> dict[str, TrustedCertificate]:
    """Returns the entries of a trust store by alias. A duplicate certificate is dropped.

    `taken` are the aliases of other entries of the store.

    Aliases are those of Debian's ca-certificates-java: `debian:` and the name, in lower case, of
    the file that update-ca-certificates(8) creates in /etc/ssl/certs. A name that is taken gets a
    number: `debian:own.pem`, `debian:own-2.pem`.
    """
    entries: dict[str, TrustedCertificate] = {}
    seen: set[Certificate] = set()
    numbers: dict[str, int] = {}
    for each in certificates:
        if each.certificate in seen:
            continue
        seen.add(each.certificate)
        stem = _stem(each.path)
        alias = f"debian:{stem}.pem"
        while alias in entries or alias in taken:
            numbers[stem] = numbers.get(stem, 1) + 1
            alias = f"debian:{stem}-{numbers[stem]}.pem"
        entries[alias] = each
    return entries


def _stem(path: str) -> str:
    name = posixpath.basename(path)
    for suffix in (".crt", ".pem"):
        name = name.removesuffix(suffix)
    return name.translate({ord(" "): "_", ord("("): "=", ord(")"): "=", ord(","): "_"}).lower()


def encode_trust_store(
    entries: Mapping[str, TrustedCertificate], password: str = PASSWORD
) -> bytes:
    """Encodes a trust store, sorted by alias. The date of an entry is its certificate's notBefore.

    Raises:
        ToolError: an alias is too long, or a certificate has no notBefore.
    """
    data = bytearray(struct.pack(">III", _MAGIC, _VERSION, len(entries)))
    for alias in sorted(entries):
        trusted = entries[alias]
        try:
            date = not_before(trusted.certificate)
        except ValueError as error:
            raise ToolError(f"{trusted.path}: {error}") from None
        data += struct.pack(">I", _TRUSTED_CERTIFICATE)
        data += _encode_string(alias, trusted.path)
        data += struct.pack(">q", date * 1000)
        data += _encode_string("X.509", trusted.path)
        data += struct.pack(">I", len(trusted.certificate)) + trusted.certificate
    return bytes(data) + _digest(data, password)


def is_jks(data: bytes) -> bool:
    """Whether a file begins as a keystore in JKS format does."""
    return data.startswith(struct.pack(">I", _MAGIC))


def decode_trust_store(data: bytes, where: str) -> dict[str, TrustedCertificate]:
    """Returns the entries of a trust store by alias.

    Args:
        data: the file's content.
        where: the file's name, for errors.

    Raises:
        ToolError: the file is damaged, has another password than Java's default, or a key.
    """
    body = data[:-_DIGEST_SIZE]
    if _digest(body, PASSWORD) != data[-_DIGEST_SIZE:]:
        raise ToolError(f"{where}: damaged, or its password is not {PASSWORD}")
    entries: dict[str, TrustedCertificate] = {}
    try:
        _, version, count = struct.unpack_from(">III", body)
        at = 12
        for _ in range(count):
            kind, size = struct.unpack_from(">IH", body, at)
            if (version, kind) != (_VERSION, _TRUSTED_CERTIFICATE):
                raise ToolError(f"{where}: a keystore with keys, or of version {version}")
            alias = _decode_string(body[at + 6 : at + 6 + size])
            at += 6 + size + 8  # the date
            (size,) = struct.unpack_from(">H", body, at)
            at += 2 + size  # the type, X.509
            (size,) = struct.unpack_from(">I", body, at)
            certificate = body[at + 4 : at + 4 + size]
            at += 4 + size
            der.subject(certificate)
            entries[alias] = TrustedCertificate(where, Certificate(certificate))
    except (struct.error, ValueError) as error:
        raise ToolError(f"{where}: invalid trust store: {error}") from None
    return entries


def _decode_string(data: bytes) -> str:
    wide = data.replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass")
    return wide.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


def _digest(data: bytes | bytearray, password: str) -> bytes:
    seal = password.encode("utf-16-be") + b"Mighty Aphrodite"
    return hashlib.sha1(seal + data, usedforsecurity=False).digest()


def _encode_string(text: str, where: str) -> bytes:
    """Modified UTF-8: each UTF-16 unit is encoded by itself, and NUL as two bytes."""
    wide = text.encode("utf-16-be", "surrogatepass")
    units = (chr(int.from_bytes(wide[at : at + 2], "big")) for at in range(0, len(wide), 2))
    data = "".join(units).encode("utf-8", "surrogatepass").replace(b"\0", b"\xc0\x80")
    if len(data) > _MAX_STRING:
        raise ToolError(
            f"{where}: the alias has {len(data)} bytes", f"Java's limit is {_MAX_STRING}"
        )
    return struct.pack(">H", len(data)) + data
