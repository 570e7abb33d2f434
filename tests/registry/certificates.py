"""Self-signed certificates for 127.0.0.1."""

from __future__ import annotations

import base64
import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

_START = datetime.datetime(2020, 1, 1)
_END = datetime.datetime(2120, 1, 1)


class Certificate:
    """A certificate and its key, in files.

    Args:
        directory: for the files.
        name: of the files.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_START)
            .not_valid_after(_END)
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.path = str(directory / f"{name}.pem")
        self.key_path = str(directory / f"{name}.key")
        Path(self.path).write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        Path(self.key_path).write_bytes(
            self._key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )

    @property
    def base64(self) -> str:
        """The certificate as a JSON Web Token's header contains it (RFC 7515, x5c)."""
        der = self._certificate.public_bytes(serialization.Encoding.DER)
        return base64.b64encode(der).decode()

    def sign(self, data: bytes) -> bytes:
        """A signature with the algorithm RS256 (RFC 7518)."""
        return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
