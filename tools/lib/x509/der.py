"""As much DER (X.690) as it takes to find a certificate's subject and OpenSSL's hash of it."""

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


class Value(NamedTuple):
    """One encoded value: its identifier octet, its content, and the whole encoding."""

    tag: int
    content: bytes
    encoded: bytes


def values(data: bytes) -> Iterator[Value]:
    """The values that stand one after another in `data`; ValueError where it is not DER."""
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("it is cut off")
        tag, length, start = data[at], data[at + 1], at + 2
        if length >= 0x80:
            octets = length & 0x7F
            length = int.from_bytes(data[start : start + octets], "big")
            start += octets
            if not 1 <= octets <= 4 or length < 0x80:
                raise ValueError("a length that is not DER")
        end = start + length
        if end > len(data):
            raise ValueError("it is cut off")
        yield Value(tag, data[start:end], data[at:end])
        at = end


def subject(certificate: bytes) -> bytes:
    """The content of the subject's Name (RFC 5280, 4.1); ValueError if that is no certificate."""
    return fields(certificate)[4].content


def fields(certificate: bytes) -> list[Value]:
    """The fields of a TBSCertificate without its version: serial number, signature, issuer,
    validity, subject, public key, ... (RFC 5280, 4.1); ValueError if that is no certificate."""
    outer = _constructed(list(values(certificate)), 1, "Certificate")[0]
    to_be_signed, _algorithm, signature = _constructed(
        list(values(outer.content)), 3, "Certificate"
    )
    if to_be_signed.tag != _SEQUENCE or outer.tag != _SEQUENCE or signature.tag != 0x03:
        raise ValueError("not a Certificate")
    found = [field for field in values(to_be_signed.content) if field.tag != _VERSION]
    if len(found) < 6 or any(field.tag != _SEQUENCE for field in found[1:6]):
        raise ValueError("not a TBSCertificate")
    return found


def _constructed(found: list[Value], count: int, what: str) -> list[Value]:
    if len(found) != count:
        raise ValueError(f"{len(found)} values where a {what} has {count}")
    return found


def subject_hash(certificate: bytes) -> str:
    """`openssl x509 -subject_hash`: the name of a certificate's link in a directory of them.

    SHA-1 over the subject in OpenSSL's canonical form (text in UTF-8, lower case, single spaces),
    its first four bytes as a little-endian number.
    """
    canonical = b"".join(
        _encode(_SET, b"".join(sorted(_attribute(each) for each in values(names.content))))
        for names in values(subject(certificate))
    )
    digest = hashlib.sha1(canonical, usedforsecurity=False).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}"


def _attribute(attribute: Value) -> bytes:
    kind, value = _constructed(list(values(attribute.content)), 2, "AttributeTypeAndValue")
    if value.tag not in _TEXT:
        return attribute.encoded
    text = value.content.decode(_TEXT[value.tag]).encode()
    # bytes.split and bytes.lower know ASCII only, as OpenSSL does here.
    return _encode(_SEQUENCE, kind.encoded + _encode(_UTF8, b" ".join(text.split()).lower()))


def _encode(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content
