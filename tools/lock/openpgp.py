"""Checks signatures of InRelease files (RFC 9580, cleartext signature framework)."""

from __future__ import annotations

from dataclasses import dataclass

import pysequoia

from tools.lib.cli.errors import ToolError


@dataclass(frozen=True, slots=True)
class Keyring:
    """The certificates that may sign a suite."""

    path: str
    certificates: tuple[pysequoia.Cert, ...]


def read_keyring(path: str, fingerprints: tuple[str, ...]) -> Keyring:
    """Reads a keyring, armored or not.

    Args:
        path: of the file.
        fingerprints: lower-case fingerprints of the primary keys to accept; empty: all of the file.

    Raises:
        ToolError: not a keyring, or a key is not in it.
    """
    with open(path, "rb") as source:
        data = source.read()
    try:
        certificates = pysequoia.Cert.split_bytes(data)
    except (RuntimeError, ValueError) as error:
        raise ToolError(f"{path}: not an OpenPGP keyring: {_first_line(error)}") from None
    found = {certificate.fingerprint.lower(): certificate for certificate in certificates}
    if not found:
        raise ToolError(f"{path}: the keyring is empty")
    missing = [name for name in fingerprints if name not in found]
    if missing:
        raise ToolError(
            f"{path}: key not found: {', '.join(missing)}", f"it contains {', '.join(found)}"
        )
    return Keyring(path, tuple(found[name] for name in fingerprints or found))


def verify(message: bytes, keyring: Keyring, where: str) -> bytes:
    """Returns what the signature of `message` covers. Nothing else of it can be trusted.

    One valid signature by a certificate of the keyring is enough. Signatures by other keys are
    ignored: while the keys of a suite are being replaced, it is signed by old and new ones.

    Args:
        message: an InRelease file.
        keyring: the certificates that may sign it.
        where: the file's URL, for errors.

    Raises:
        ToolError: not signed, or by none of the certificates.
    """
    signers: list[str] = []

    def certificates(ids: list[str]) -> list[pysequoia.Cert]:
        signers.extend(ids)
        return list(keyring.certificates)

    if not message.lstrip().startswith(b"-----BEGIN PGP SIGNED MESSAGE-----"):
        raise ToolError(f"{where}: not signed", "this may be the page of a proxy or a login")
    try:
        payload = pysequoia.verify(message, certificates).bytes
    except (RuntimeError, ValueError) as error:
        if not signers:
            raise ToolError(f"{where}: no signature: {_first_line(error)}") from None
        expected = ", ".join(certificate.fingerprint for certificate in keyring.certificates)
        raise ToolError(
            f"{where}: no valid signature by a key of {keyring.path}: signed with"
            f" {', '.join(signers)}, expected {expected} or a subkey",
            "the file was changed, or the key is new or has expired",
        ) from None
    if payload is None:
        raise ToolError(f"{where}: the signature covers nothing")
    return payload


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
