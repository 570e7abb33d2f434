"""Certificates in PEM (RFC 7468), read strictly and written in one form."""

from __future__ import annotations

import binascii
import re
from typing import NewType

from tools.lib.cli.errors import ToolError
from tools.lib.x509 import der

# The DER of one X.509 certificate (RFC 5280), its outer structure checked.
Certificate = NewType("Certificate", bytes)

_BOUNDARY = re.compile(rb"^-----(BEGIN|END) ([^\r\n]*?)-----[ \t]*$")
_COLUMNS = 64


def certificates(data: bytes, where: str) -> list[Certificate]:
    """The certificates of a PEM file, in its order; text around the blocks is passed over.

    Args:
        data: content of the file.
        where: its name, for errors.

    Raises:
        ToolError: no certificate, another thing than one (a private key!), or a damaged one.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")  # Windows editors put it there.
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
                f"{where}:{number}: holds a {kind.decode('utf-8', 'surrogateescape')}",
                "only blocks of BEGIN CERTIFICATE belong into a bundle",
            )
        if (verb == b"BEGIN") != (body is None):
            raise ToolError(f"{where}:{number}: BEGIN and END of a certificate do not alternate")
        if body is None:
            body = []
        else:
            found.append(_certificate(b"".join(body), f"{where}:{number}"))
            body = None
    if body is not None:
        raise ToolError(f"{where}: ends inside a certificate")
    if not found:
        raise ToolError(
            f"{where}: holds no certificate in PEM",
            "convert DER with: openssl x509 -inform der -in FILE -out FILE.pem",
        )
    return found


def encode(certificate: Certificate) -> bytes:
    """One PEM block: lines of 64 characters, a newline at the end."""
    text = binascii.b2a_base64(certificate, newline=False)
    lines = [text[start : start + _COLUMNS] for start in range(0, len(text), _COLUMNS)]
    return b"\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])


def _certificate(text: bytes, where: str) -> Certificate:
    try:
        data = binascii.a2b_base64(b"".join(text.split()), strict_mode=True)
    except binascii.Error as error:
        raise ToolError(f"{where}: a certificate that is not base64: {error}") from None
    try:
        der.subject(data)
    except ValueError as error:
        raise ToolError(f"{where}: not an X.509 certificate: {error}") from None
    return Certificate(data)
