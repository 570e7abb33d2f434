"""Reads Java trust stores in PKCS #12 format (RFC 7292) whose certificates are not encrypted.

The JDK's own cacerts has this form since JDK 18: no password, no integrity check.
"""

from __future__ import annotations

from collections.abc import Iterator

from tools.lib.cli.errors import ToolError
from tools.lib.x509 import der
from tools.lib.x509.jks import TrustedCertificate
from tools.lib.x509.pem import Certificate

_OCTETS, _BMP = 0x04, 0x1E
_PKCS = bytes.fromhex("2a864886f70d01")
_DATA = _PKCS + bytes((7, 1))
_CERT_BAG = _PKCS + bytes((12, 10, 1, 3))
_X509_CERTIFICATE = _PKCS + bytes((9, 22, 1))
_FRIENDLY_NAME = _PKCS + bytes((9, 20))


def decode_pkcs12(data: bytes, where: str) -> dict[str, TrustedCertificate]:
    """Returns the certificates of a trust store by alias.

    Args:
        data: the file's content.
        where: the file's name, for errors.

    Raises:
        ToolError: the file is not a PKCS #12 file, or is encrypted.
    """
    try:
        (pfx,) = der.read_values(data)
        authenticated_safe = _data(_values(pfx, 2)[1], where)
        entries: dict[str, TrustedCertificate] = {}
        for info in _values(_only(authenticated_safe), 0):
            for bag in _values(_only(_data(info, where)), 0):
                for alias, certificate in _certificates(bag):
                    der.subject(certificate)
                    name = alias or f"certificate-{len(entries) + 1}"
                    entries[name] = TrustedCertificate(where, Certificate(certificate))
    except ValueError as error:
        raise ToolError(
            f"{where}: invalid trust store, neither JKS nor PKCS #12: {error}"
        ) from None
    return entries


def _certificates(bag: der.DerValue) -> Iterator[tuple[str, bytes]]:
    kind, value, *attributes = _values(bag, 2)
    if kind.content != _CERT_BAG:
        return
    form, certificate = _values(_only(value.content), 2)[:2]
    if form.content != _X509_CERTIFICATE:
        return
    alias = ""
    for attribute in _values(attributes[0], 0) if attributes else ():
        name, values = _values(attribute, 2)[:2]
        text = _only(values.content) if name.content == _FRIENDLY_NAME else None
        if text and text.tag == _BMP:
            alias = text.content.decode("utf-16-be")
    yield alias, _only(certificate.content).content


def _data(info: der.DerValue, where: str) -> bytes:
    """The content of a ContentInfo of type data."""
    kind, *content = _values(info, 1)
    if kind.content != _DATA:
        raise ToolError(
            f"{where}: the trust store is encrypted or signed",
            "convert it to JKS in the base: keytool -importkeystore -deststoretype JKS ...",
        )
    value = _only(content[0].content) if content else None
    if value is None or value.tag != _OCTETS:
        raise ValueError("ContentInfo without data")
    return value.content


def _only(data: bytes) -> der.DerValue:
    found = list(der.read_values(data))
    if len(found) != 1:
        raise ValueError(f"{len(found)} values instead of one")
    return found[0]


def _values(outer: der.DerValue, minimum: int) -> list[der.DerValue]:
    found = list(der.read_values(outer.content))
    if len(found) < minimum:
        raise ValueError(f"{len(found)} values, expected at least {minimum}")
    return found
