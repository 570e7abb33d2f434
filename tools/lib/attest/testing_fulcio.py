"""A Fulcio and a CT log for tests: certificates with timestamps that clients verify."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from tools.lib.data.json_values import Json

ISSUER = "https://token.actions.githubusercontent.com"
WORKFLOW = "example/images/.github/workflows/release.yml@refs/heads/main"
IDENTITY = f"https://github.com/{WORKFLOW}"

_SCT_LIST = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_OIDC_ISSUER = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_OIDC_ISSUER_2 = ObjectIdentifier("1.3.6.1.4.1.57264.1.8")


class Key:
    """A key of a service."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())

    @property
    def der(self) -> bytes:
        """The public key."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def id(self) -> bytes:
        """How logs name it (RFC 6962, 3.2)."""
        return hashlib.sha256(self.der).digest()

    def sign(self, data: bytes) -> bytes:
        """A signature of ECDSA with SHA-256."""
        return self.private.sign(data, ec.ECDSA(hashes.SHA256()))


@dataclass(slots=True)
class FakeFulcio:
    """Certifies keys for an identity.

    Attributes:
        lifetime: of the next certificates.
        identity: in the next certificates.
        certificates: how many there were.
    """

    key: Key = field(default_factory=Key)
    log: Key = field(default_factory=Key)
    lifetime: timedelta = timedelta(minutes=10)
    identity: str = IDENTITY
    certificates: int = 0

    @property
    def root(self) -> x509.Certificate:
        """The certificate of the authority."""
        name = _name("authority")
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.private.public_key())
            .serial_number(1)
            .not_valid_before(datetime(2020, 1, 1))
            .not_valid_after(datetime(2120, 1, 1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs=False), critical=True)
            .add_extension(self._authority_id(), critical=False)
            .sign(self.key.private, hashes.SHA256())
        )

    def certify(self, request: bytes) -> Json:
        """Fulcio's answer to a request for a certificate."""
        csr = x509.load_pem_x509_csr(request)
        self.certificates += 1
        now = datetime.now(UTC).replace(microsecond=0)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(_name("authority"))
            .public_key(csr.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + self.lifetime)
            .add_extension(_key_usage(signs=True), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False
            )
            .add_extension(
                x509.SubjectAlternativeName([x509.UniformResourceIdentifier(self.identity)]),
                critical=True,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier(self._authority_id().digest, None, None), critical=False
            )
            .add_extension(
                x509.UnrecognizedExtension(_OIDC_ISSUER, ISSUER.encode()), critical=False
            )
            .add_extension(
                x509.UnrecognizedExtension(
                    _OIDC_ISSUER_2, b"\x0c" + bytes([len(ISSUER)]) + ISSUER.encode()
                ),
                critical=False,
            )
        )
        # What a certificate without the list is signed as is what the list's signature is about.
        draft = self._with_timestamps(builder, b"\x04\x02\x00\x00")
        signed = self._with_timestamps(builder, self._timestamps(draft, now))
        chain = [_pem(signed), _pem(self.root)]
        return {"signedCertificateEmbeddedSct": {"chain": {"certificates": chain}}}

    def _timestamps(self, draft: x509.Certificate, now: datetime) -> bytes:
        """A list of one signed certificate timestamp (RFC 6962, 3.2 and 3.3), as an extension."""
        time = int(now.timestamp() * 1000)
        tbs = draft.tbs_precertificate_bytes
        signed = struct.pack("!BBQH", 0, 0, time, 1) + self.key.id
        signed += len(tbs).to_bytes(3, "big") + tbs + b"\0\0"
        signature = self.log.sign(signed)
        timestamp = struct.pack("!B32sQH", 0, self.log.id, time, 0)
        timestamp += b"\x04\x03" + struct.pack("!H", len(signature)) + signature
        item = struct.pack("!H", len(timestamp)) + timestamp
        data = struct.pack("!H", len(item)) + item
        return (
            b"\x04"
            + (bytes([len(data)]) if len(data) < 128 else b"\x81" + bytes([len(data)]))
            + data
        )

    def _with_timestamps(self, builder: x509.CertificateBuilder, value: bytes) -> x509.Certificate:
        extension = x509.UnrecognizedExtension(_SCT_LIST, value)
        return builder.add_extension(extension, critical=False).sign(
            self.key.private, hashes.SHA256()
        )

    def _authority_id(self) -> x509.SubjectKeyIdentifier:
        return x509.SubjectKeyIdentifier.from_public_key(self.key.private.public_key())


def _name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "example"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(signs, False, False, False, False, not signs, not signs, False, False)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
