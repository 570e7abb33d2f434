"""Java's keystore format JKS, version 2, as far as a trust store has it: certificates, no keys.

Source of the format: OpenJDK, sun.security.provider.JavaKeyStore, and java.io.DataOutput for its
numbers (big-endian) and texts (modified UTF-8).
"""

from __future__ import annotations

import hashlib
import posixpath
import struct
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tools.lib.cli.errors import ToolError
from tools.lib.x509.pem import Certificate
from tools.lib.x509.validity import not_before

PASSWORD = "changeit"
"""What Java takes for granted: it keeps nobody out, and finds damage."""

_MAGIC, _VERSION, _TRUSTED_CERTIFICATE = 0xFEEDFEED, 2, 2
_MAX_TEXT = 0xFFFF


class Named(NamedTuple):
    """A certificate with the path of its file, which gives it its alias."""

    path: str
    certificate: Certificate


def aliases(found: Iterable[Named]) -> dict[str, Named]:
    """A trust store's entries by alias; of a certificate that is there twice, the first.

    The alias is that of Debian's ca-certificates-java: `debian:` and the name of the file that
    update-ca-certificates(8) makes in /etc/ssl/certs, in lower case, which Java searches by. A name
    that is taken gets a number: `debian:own.pem`, `debian:own-2.pem`.
    """
    entries: dict[str, Named] = {}
    seen: set[Certificate] = set()
    for each in found:
        if each.certificate in seen:
            continue
        seen.add(each.certificate)
        stem = _stem(each.path)
        alias, number = f"debian:{stem}.pem", 1
        while alias in entries:
            number += 1
            alias = f"debian:{stem}-{number}.pem"
        entries[alias] = each
    return entries


def _stem(path: str) -> str:
    name = posixpath.basename(path)
    for suffix in (".crt", ".pem"):
        name = name.removesuffix(suffix)
    return name.translate({ord(" "): "_", ord("("): "=", ord(")"): "=", ord(","): "_"}).lower()


def trust_store(entries: Mapping[str, Named], password: str = PASSWORD) -> bytes:
    """The bytes of a trust store, sorted by alias; the date of an entry is when its certificate
    begins to be valid.

    Raises:
        ToolError: an alias that is too long, or a certificate without a time.
    """
    data = bytearray(struct.pack(">III", _MAGIC, _VERSION, len(entries)))
    for alias in sorted(entries):
        named = entries[alias]
        try:
            date = not_before(named.certificate)
        except ValueError as error:
            raise ToolError(f"{named.path}: {error}") from None
        data += struct.pack(">I", _TRUSTED_CERTIFICATE)
        data += _text(alias, named.path)
        data += struct.pack(">q", date * 1000)
        data += _text("X.509", named.path)
        data += struct.pack(">I", len(named.certificate)) + named.certificate
    return bytes(data) + _digest(data, password)


def _digest(data: bytes | bytearray, password: str) -> bytes:
    seal = password.encode("utf-16-be") + b"Mighty Aphrodite"
    return hashlib.sha1(seal + data, usedforsecurity=False).digest()


def _text(text: str, where: str) -> bytes:
    """Modified UTF-8: each UTF-16 unit by itself, and NUL as two bytes."""
    wide = text.encode("utf-16-be", "surrogatepass")
    units = (chr(int.from_bytes(wide[at : at + 2], "big")) for at in range(0, len(wide), 2))
    data = "".join(units).encode("utf-8", "surrogatepass").replace(b"\0", b"\xc0\x80")
    if len(data) > _MAX_TEXT:
        raise ToolError(f"{where}: a name of {len(data)} bytes", f"Java reads up to {_MAX_TEXT}")
    return struct.pack(">H", len(data)) + data
