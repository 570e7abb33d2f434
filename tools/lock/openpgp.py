"""Signatures of InRelease files (RFC 9580, cleartext signature framework)."""

from __future__ import annotations

from typing import NamedTuple

import pysequoia

from tools.lib.cli.errors import ToolError


class Keyring(NamedTuple):
    """The certificates that may sign a suite."""

    path: str
    certificates: tuple[pysequoia.Cert, ...]


def read_keyring(path: str, fingerprints: tuple[str, ...]) -> Keyring:
    """Reads a keyring, armored or not.

    Args:
        path: the file.
        fingerprints: of the primary keys that count, in lower case; empty: all that the file has.
    """
    with open(path, "rb") as source:
        data = source.read()
    try:
        certificates = pysequoia.Cert.split_bytes(data)
    except (RuntimeError, ValueError) as error:
        raise ToolError(f"{path}: not a keyring of OpenPGP: {_first_line(error)}") from None
    found = {certificate.fingerprint.lower(): certificate for certificate in certificates}
    missing = [name for name in fingerprints if name not in found]
    if missing or not found:
        raise ToolError(
            f"{path}: no key {', '.join(missing)}" if missing else f"{path}: no key in it",
            f"it has {', '.join(found) or 'none'}",
        )
    return Keyring(path, tuple(found[name] for name in fingerprints or found))


def verify(message: bytes, keyring: Keyring, where: str) -> bytes:
    """Returns what the signature of `message` covers: the only bytes of it to be believed.

    At least one certificate of the keyring has signed it, and is valid now; signatures by other
    keys are ignored, as a suite is signed by several while its keys are being replaced.
    """
    signers: list[str] = []

    def certificates(ids: list[str]) -> list[pysequoia.Cert]:
        signers.extend(ids)
        return list(keyring.certificates)

    if not message.lstrip().startswith(b"-----BEGIN PGP SIGNED MESSAGE-----"):
        raise ToolError(f"{where}: not signed", "not an InRelease file, or a proxy's own page?")
    try:
        payload = pysequoia.verify(message, certificates).bytes
    except (RuntimeError, ValueError) as error:
        if not signers:
            raise ToolError(f"{where}: no signature: {_first_line(error)}") from None
        expected = ", ".join(certificate.fingerprint for certificate in keyring.certificates)
        raise ToolError(
            f"{where}: no valid signature by a key of {keyring.path}: signed with"
            f" {', '.join(signers)}, expected one of {expected} or a subkey of theirs",
            "changed on its way, or signed with a key that is new or has expired",
        ) from None
    if payload is None:
        raise ToolError(f"{where}: the signature covers nothing")
    return payload


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
