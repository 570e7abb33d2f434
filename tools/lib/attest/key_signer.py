"""Signs with a private key, and verifies with a public one, as cosign does."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from tools.lib.attest.bundle import KeyBundle, pae, parse_key_bundle
from tools.lib.attest.private_key import PrivateKey
from tools.lib.attest.signer import VerificationError
from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import read_document

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey


class KeyVerifier:
    """Verifies what was signed with a key.

    Args:
        key: the public key.
    """

    def __init__(self, key: PublicKey) -> None:
        self.key = key
        der = key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self._sha256 = hashlib.sha256(der)

    @property
    def hint(self) -> str:
        """What a bundle says of the key, as cosign writes it."""
        return base64.b64encode(self._sha256.digest()).decode()

    @property
    def identity(self) -> str:
        """The key's fingerprint."""
        return f"key sha256:{self._sha256.hexdigest()}"

    def verify(self, bundle: bytes, where: str) -> bytes:
        """The statement of a bundle that was signed with the key; see Verifier."""
        try:
            signed = parse_key_bundle(bundle, where)
        except ToolError as error:
            raise VerificationError(error.message) from None
        try:
            _verify(self.key, signed.signature, pae(signed.statement))
        except InvalidSignature:
            raise VerificationError(f"{where}: not signed with this {self.identity}") from None
        return signed.statement


class KeySigner:
    """Signs with a private key. The same statement gives the same bundle (RFC 6979 for ECDSA).

    Args:
        key: the private key.
    """

    deterministic = True

    def __init__(self, key: PrivateKey) -> None:
        self._sign = _signing_function(key)
        self.verifier = KeyVerifier(key.public_key())

    def sign(self, statement: bytes) -> bytes:
        """A bundle of a statement."""
        return KeyBundle(statement, self._sign(pae(statement)), self.verifier.hint).encode()


def read_public_key(path: str) -> PublicKey:
    """Reads a public key in PEM, such as cosign.pub.

    Raises:
        ToolError: the file has no public key.
    """
    try:
        key = serialization.load_pem_public_key(read_document(path))
    except (ValueError, UnsupportedAlgorithm):
        raise ToolError(
            f"{path}: not a public key in PEM", "cosign public-key --key KEY prints that of a key"
        ) from None
    if not isinstance(key, PublicKey):
        raise ToolError(f"{path}: unsupported kind of key", "use an ECDSA, Ed25519 or RSA key")
    return key


def _signing_function(key: PrivateKey) -> Callable[[bytes], bytes]:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        algorithm = ec.ECDSA(_hash_of(key.curve), deterministic_signing=True)
        return lambda data: key.sign(data, algorithm)
    if isinstance(key, rsa.RSAPrivateKey):
        return lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return key.sign


def _verify(key: PublicKey, signature: bytes, data: bytes) -> None:
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, data, ec.ECDSA(_hash_of(key.curve)))
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
    else:
        key.verify(signature, data)


def _hash_of(curve: ec.EllipticCurve) -> hashes.HashAlgorithm:
    """The hash that goes with a curve in Sigstore (protobuf-specs, PublicKeyDetails)."""
    return {384: hashes.SHA384(), 521: hashes.SHA512()}.get(curve.key_size, hashes.SHA256())
