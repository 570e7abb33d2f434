"""Certificates and packages for the tests."""

from __future__ import annotations

import datetime
import io
import tarfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_DAY = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)


def make(*names: tuple[x509.ObjectIdentifier, str], serial: int = 1) -> bytes:
    """A self-signed certificate in PEM."""
    key = ec.derive_private_key(1, ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), serial, _DAY, _DAY)
    ).sign(key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM)


def _tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as tar:
        for number, (name, data) in enumerate(files.items()):
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1000 + number
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def deb(stanza: str, files: dict[str, bytes]) -> bytes:
    """A package: deb(5), of files with times from 1000 on."""
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.xz": _tar({"./control": stanza.encode()}),
        "data.tar.xz": _tar(files),
    }
    return b"!<arch>\n" + b"".join(
        f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode()
        + data
        + b"\n" * (len(data) % 2)
        for name, data in members.items()
    )
