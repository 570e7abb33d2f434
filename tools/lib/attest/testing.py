"""Signers for tests."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tools.lib.attest.key_signer import KeySigner
from tools.lib.attest.private_key import PrivateKey

PASSWORD = "open sesame"
"""The password of COSIGN_KEY."""

COSIGN_KEY = """\
-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiJKa0JQTVVMNGpSTk9zNVBUOFc2Z2pSSFNWU0NreWc3
WGxDeW51YndRSXpjPSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiJvMUpoaTZOMG8zZ3hMYjV2QWRQL3BiRGVQd3d5R1UySCJ9LCJj
aXBoZXJ0ZXh0Ijoiekx3aEZ2WjI3cWxMay9waUVQVjZLZ1hQRWpXSnlmVU9oTDFP
Z2pVV0RKc3ZidnppUWF0STBEZXVHOFZwWHVDVzZZYmQ1ZHJ2YU9VT2d5OGdNcG5I
OWpQdjVOK0N1THZxUTJjcURiQW5zNVRhd1didnpZalRtNyt1QWZYclZmRzVlWFJx
QlptcUVyS2Q5QUZqaVlZRnV4S1ZGeVJ0eUZ6S0RkOGZodE1vSXc1L0xyTE9NVzNV
b1VZSVFzRW5YdWNxVWxaYUR5elRVTmtNa0E9PSJ9
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----
"""
"""What `cosign generate-key-pair` writes."""

COSIGN_PUB = """\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE19M2HPveF07vzULLL7CFQfX9yfxa
LP77FreBU8C9HUG/K8QavyzaWxcG40GUJN1pGkt007bpdpDuxoRyS56i1Q==
-----END PUBLIC KEY-----
"""
"""The public key of COSIGN_KEY."""


def some_signer() -> KeySigner:
    """A signer with a new key."""
    return KeySigner(ec.generate_private_key(ec.SECP256R1()))


def public_pem(signer: KeySigner) -> bytes:
    """The public key of a signer."""
    return signer.verifier.key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def private_pem(key: PrivateKey, password: str = "") -> bytes:
    """A private key in PEM, encrypted if there is a password."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password.encode())
        if password
        else serialization.NoEncryption(),
    )
