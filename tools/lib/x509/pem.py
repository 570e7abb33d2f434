"""Reads certificates in PEM (RFC 7468) strictly, and writes them in one form."""

from __future__ import annotations

import binascii
import re
from typing import NewType

from tools.lib.cli.errors import ToolError
from tools.lib.x509 import der

Certificate = NewType("Certificate", bytes)
"""The DER of an X.509 certificate (RFC 5280) whose outer structure has been checked."""

_BOUNDARY = re.compile(rb"^-----(BEGIN|END) ([^\r\n]*?)-----[ \t]*$")
_COLUMNS = 64


def certificates(data: bytes, where: str) -> list[Certificate]:
    """Returns the certificates of a PEM file in their order. Text around the blocks is ignored.

    Args:
        data: the content of the file.
        where: the file's name, for errors.

    Raises:
        ToolError: the file has no certificate, a damaged one, or a block of another kind, such as
            a private key.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")  # Windows editors write a byte order mark.
    found: list[Certificate] = []
    body: list[bytes] | None = None
    for number, line in enumerate(data.splitlines(), 1):
        boundary = _BOUNDARY.match(line)
        if boundary is None:
            if body is not None:
                body.append(line)
            continue
        verb, kind = boundary.groups()
        if kind != b"CERTIFICATE":
            raise ToolError(
                f"{where}:{number}: unexpected {kind.decode('utf-8', 'surrogateescape')!r:.80}",
                "keep only the blocks that start with BEGIN CERTIFICATE",
            )
        if (verb == b"BEGIN") != (body is None):
            raise ToolError(f"{where}:{number}: unbalanced BEGIN and END of a certificate")
        if body is None:
            body = []
        else:
            found.append(_certificate(b"".join(body), f"{where}:{number}"))
            body = None
    if body is not None:
        raise ToolError(f"{where}: truncated certificate")
    if not found:
        raise ToolError(
            f"{where}: no PEM certificate found",
            "to convert from DER: openssl x509 -inform der -in FILE -out FILE.pem",
        )
    return found


def encode(certificate: Certificate) -> bytes:
    """Encodes a certificate as a PEM block with lines of 64 characters and a final newline."""
    text = binascii.b2a_base64(certificate, newline=False)
    lines = [text[start : start + _COLUMNS] for start in range(0, len(text), _COLUMNS)]
    return b"\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])


def _certificate(text: bytes, where: str) -> Certificate:
    try:
        data = binascii.a2b_base64(b"".join(text.split()), strict_mode=True)
    except binascii.Error as error:
        raise ToolError(f"{where}: invalid base64: {error}") from None
    try:
        der.subject(data)
    except ValueError as error:
        raise ToolError(f"{where}: invalid X.509 certificate: {error}") from None
    return Certificate(data)
