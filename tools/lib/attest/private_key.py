"""Private keys in files: cosign's encrypted ones, and PEM (PKCS #8, SEC 1).

cosign (sigstore/sigstore, encrypted.go) wraps PKCS #8 in JSON: the key of a NaCl secretbox is made
from the password by scrypt.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import parse_object, require_int, require_object, require_string

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

PASSWORD = "COSIGN_PASSWORD"
"""The variable that has the password, as for cosign."""

_COSIGN = re.compile(
    rb"-----BEGIN ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY-----(.*)"
    rb"-----END ENCRYPTED \1 PRIVATE KEY-----",
    re.DOTALL,
)
_MAX_FILE = 1 << 16
_MAX_COST = 1 << 20  # of scrypt: 1 GiB


def read_private_key(path: str, environment: Mapping[str, str] = os.environ) -> PrivateKey:
    """Reads a key, which may be encrypted with the password in COSIGN_PASSWORD.

    Raises:
        ToolError: the file has no such key, or the password is missing or wrong.
    """
    with open(path, "rb") as source:
        data = source.read(_MAX_FILE + 1)
    password = environment.get(PASSWORD)
    if len(data) > _MAX_FILE:
        raise _no_key(path)
    if match := _COSIGN.search(data):
        key = _from_der(_decrypt(match[2], password, path), path)
    else:
        key = _from_pem(data, password, path)
    if not isinstance(key, PrivateKey):
        raise ToolError(f"{path}: unsupported kind of key", "use an ECDSA, Ed25519 or RSA key")
    return key


def _from_pem(data: bytes, password: str | None, path: str) -> object:
    secret = password.encode() if password else None
    is_encrypted = b"ENCRYPTED" in data
    try:
        return serialization.load_pem_private_key(data, secret if is_encrypted else None)
    except TypeError:
        raise _password(path, password) from None
    except (ValueError, UnsupportedAlgorithm):
        if is_encrypted:
            raise _password(path, password) from None
        raise _no_key(path) from None


def _from_der(data: bytes, path: str) -> object:
    try:
        return serialization.load_der_private_key(data, None)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        raise _no_key(path) from None


def _decrypt(text: bytes, password: str | None, path: str) -> bytes:
    """The PKCS #8 of an encrypted key."""
    fields = parse_object(_decode(text, path), path)
    kdf = require_object(fields.get("kdf"), f"{path}: kdf")
    cipher = require_object(fields.get("cipher"), f"{path}: cipher")
    if kdf.get("name") != "scrypt" or cipher.get("name") != "nacl/secretbox":
        raise ToolError(f"{path}: unknown encryption", "make a key with cosign generate-key-pair")
    params = require_object(kdf.get("params"), f"{path}: kdf.params")
    cost = require_int(params.get("N"), f"{path}: kdf.params.N", _MAX_COST)
    block = require_int(params.get("r"), f"{path}: kdf.params.r", 8)
    parallel = require_int(params.get("p"), f"{path}: kdf.params.p", 16)
    salt = _decode(require_string(kdf.get("salt"), f"{path}: kdf.salt").encode(), path)
    nonce = _decode(require_string(cipher.get("nonce"), f"{path}: cipher.nonce").encode(), path)
    ciphertext = require_string(fields.get("ciphertext"), f"{path}: ciphertext").encode()
    try:
        key = hashlib.scrypt(
            (password or "").encode(),
            salt=salt,
            n=cost,
            r=block,
            p=parallel,
            maxmem=128 * block * (cost + parallel + 2),
            dklen=SecretBox.KEY_SIZE,
        )
        return SecretBox(key).decrypt(_decode(ciphertext, path), nonce)
    except CryptoError:
        raise _password(path, password) from None
    except ValueError:
        raise _no_key(path) from None


def _decode(text: bytes, path: str) -> bytes:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error:
        raise _no_key(path) from None


def _password(path: str, password: str | None) -> ToolError:
    if password is None:
        return ToolError(f"{path}: the key is encrypted", f"set {PASSWORD} to its password")
    return ToolError(f"{path}: wrong password", f"{PASSWORD} must be the password of the key")


def _no_key(path: str) -> ToolError:
    return ToolError(
        f"{path}: not a private key",
        "use a key from cosign generate-key-pair, or a private key in PEM",
    )
