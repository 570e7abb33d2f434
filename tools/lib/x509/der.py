"""Reads X.509 certificates in DER (X.690): their fields, and OpenSSL's hash of the subject."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

_SEQUENCE, _SET, _UTF8 = 0x30, 0x31, 0x0C
_VERSION = 0xA0  # [0] EXPLICIT, absent in version 1

# The string types that OpenSSL's asn1_string_canon (crypto/x509/x_name.c) compares as text.
_TEXT = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1A: "ascii"} | {
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}


class DerValue(NamedTuple):
    """An encoded value: its identifier octet, its content, and the whole encoding."""

    tag: int
    content: bytes
    encoded: bytes


def read_values(data: bytes) -> Iterator[DerValue]:
    """Yields the values that `data` is a sequence of; raises a ValueError if it is not DER."""
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("truncated")
        tag, length, start = data[at], data[at + 1], at + 2
        if length >= 0x80:
            octets = length & 0x7F
            length = int.from_bytes(data[start : start + octets], "big")
            start += octets
            if not 1 <= octets <= 4 or length < 0x80:
                raise ValueError("invalid DER length")
        end = start + length
        if end > len(data):
            raise ValueError("truncated")
        yield DerValue(tag, data[start:end], data[at:end])
        at = end


def subject(certificate: bytes) -> bytes:
    """Returns the content of the subject's Name (RFC 5280, 4.1).

    Raises:
        ValueError: `certificate` is not a certificate.
    """
    return fields(certificate)[4].content


def fields(certificate: bytes) -> list[DerValue]:
    """Returns the fields of a TBSCertificate (RFC 5280, 4.1) except its version.

    They are the serial number, signature, issuer, validity, subject, public key and optional ones.

    Raises:
        ValueError: `certificate` is not a certificate.
    """
    outer = _expect(list(read_values(certificate)), 1, "Certificate")[0]
    to_be_signed, _algorithm, signature = _expect(
        list(read_values(outer.content)), 3, "Certificate"
    )
    if to_be_signed.tag != _SEQUENCE or outer.tag != _SEQUENCE or signature.tag != 0x03:
        raise ValueError("not a Certificate")
    found = [field for field in read_values(to_be_signed.content) if field.tag != _VERSION]
    if len(found) < 6 or any(field.tag != _SEQUENCE for field in found[1:6]):
        raise ValueError("not a TBSCertificate")
    return found


def _expect(found: list[DerValue], count: int, what: str) -> list[DerValue]:
    if len(found) != count:
        raise ValueError(f"a {what} of {len(found)} values instead of {count}")
    return found


def subject_hash(certificate: bytes) -> str:
    """Returns what `openssl x509 -subject_hash` prints: 8 hex digits.

    OpenSSL looks for a certificate in a directory by this name. It is the first four bytes, as a
    little-endian number, of the SHA-1 of the subject in OpenSSL's canonical form: text in UTF-8,
    in lower case, with single spaces.
    """
    canonical = b"".join(
        _encode(
            _SET,
            b"".join(sorted(_canonical_attribute(each) for each in read_values(names.content))),
        )
        for names in read_values(subject(certificate))
    )
    digest = hashlib.sha1(canonical, usedforsecurity=False).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}"


def _canonical_attribute(attribute: DerValue) -> bytes:
    kind, value = _expect(list(read_values(attribute.content)), 2, "AttributeTypeAndValue")
    if value.tag not in _TEXT:
        return attribute.encoded
    text = value.content.decode(_TEXT[value.tag]).encode()
    # bytes.split and bytes.lower handle ASCII only, as OpenSSL does here.
    return _encode(_SEQUENCE, kind.encoded + _encode(_UTF8, b" ".join(text.split()).lower()))


def _encode(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content
