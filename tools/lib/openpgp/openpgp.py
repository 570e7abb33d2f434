"""Checks signatures of Release files (RFC 9580), and says why one is refused.

Sequoia judges a key at the time that a signature names, so whoever has an expired key can date a
signature back. Here the key must be valid today, too, as it must for apt.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass

import pysequoia
from pysequoia.packet import HashAlgorithm, Packet, PacketPile, Tag

from tools.lib.cli.errors import ToolError
from tools.lib.openpgp.keys import Key, certificate_keys

_BEGIN = b"-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = re.compile(rb"-----BEGIN PGP SIGNATURE-----.*?-----END PGP SIGNATURE-----", re.DOTALL)
_INSECURE_HASHES = (
    (HashAlgorithm.MD5, "MD5"),
    (HashAlgorithm.RipeMD, "RIPEMD-160"),
    (HashAlgorithm.SHA1, "SHA-1"),
)
_MAX_REPORTED = 4


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


def verify_clearsigned(
    message: bytes, keyring: Keyring, now: datetime.datetime, where: str
) -> bytes:
    """Returns what the signature of `message` covers. Nothing else of it can be trusted.

    One valid signature by a key of the keyring is enough. Signatures by other keys are ignored:
    while the keys of a suite are being replaced, it is signed by old and new ones.

    Args:
        message: an InRelease file.
        keyring: the certificates that may sign it.
        now: the time at which the key must be valid.
        where: the file's URL, for errors.

    Raises:
        ToolError: not signed, or by none of the keys.
    """
    if not message.lstrip().startswith(_BEGIN):
        raise ToolError(f"{where}: not signed", "this may be the page of a proxy or a login")
    try:
        verified = pysequoia.verify(message, lambda _: list(keyring.certificates))
        signers = [signature.signing_key for signature in verified.valid_sigs]
        payload = verified.bytes
    except (RuntimeError, ValueError):
        signers, payload = [], None
    signatures = [found[0] for found in _SIGNATURE.finditer(message)]
    _require_accepted(signers, signatures, keyring, now, where)
    if payload is None:
        raise ToolError(f"{where}: the signature covers nothing")
    return payload


def verify_detached(
    data: bytes, signature: bytes, keyring: Keyring, now: datetime.datetime, where: str
) -> None:
    """As `verify_clearsigned`, for a Release file and its Release.gpg.

    Args:
        data: the Release file, all of which the signature covers.
        signature: the signatures, armored or not.
        keyring: the certificates that may sign it.
        now: the time at which the key must be valid.
        where: the URL of the Release file, for errors.
    """
    signers: list[str] = []
    for packet in _signature_packets([signature]):
        try:
            verified = pysequoia.verify(
                data,
                lambda _: list(keyring.certificates),
                signature=pysequoia.Sig.from_bytes(bytes(packet)),
            )
        except (RuntimeError, ValueError):
            continue
        signers += [each.signing_key for each in verified.valid_sigs]
    _require_accepted(signers, [signature], keyring, now, where)


def _require_accepted(
    signers: Iterable[str],
    signatures: Iterable[bytes],
    keyring: Keyring,
    now: datetime.datetime,
    where: str,
) -> None:
    """Raises a ToolError unless one of the signers is an accepted key.

    Args:
        signers: fingerprints of the keys whose signatures are valid.
        signatures: all signatures, to find out what is wrong.
        keyring: the certificates that may sign.
        now: the time at which the key must be valid.
        where: the signed file, for the error.
    """
    keys = {
        key.fingerprint: key for each in keyring.certificates for key in certificate_keys(each, now)
    }
    valid = {fingerprint.lower() for fingerprint in signers}
    if any(name in keys and not keys[name].problem for name in valid):
        return
    reasons: dict[str, str] = {}
    for packet in _signature_packets(signatures)[:100]:
        reason, hint = _reason(packet, keys, keyring)
        reasons.setdefault(reason, hint)
    if not reasons:
        raise ToolError(f"{where}: no signature")
    shown = list(reasons)[:_MAX_REPORTED]
    more = f"; and {len(reasons) - len(shown)} more" if len(reasons) > len(shown) else ""
    raise ToolError(
        f"{where}: no valid signature by a key of {keyring.path}: {'; '.join(shown)}{more}",
        next((hint for hint in reasons.values() if hint), ""),
    )


def _reason(signature: Packet, keys: dict[str, Key], keyring: Keyring) -> tuple[str, str]:
    """Why a signature does not count, and a hint."""
    issuer = (signature.issuer_fingerprint or signature.issuer_key_id or "").lower()
    key = next((each for name, each in keys.items() if issuer and name.endswith(issuer)), None)
    if key is None:
        expected = ", ".join(certificate.fingerprint for certificate in keyring.certificates)
        return (
            f"signed with {issuer or 'an unnamed key'}, expected {expected} or a subkey",
            "the repository may have a new key",
        )
    if key.problem:
        return (
            f"key {key.fingerprint}: {key.problem}",
            "get the repository's current keyring, or ask its owner to renew the key",
        )
    for algorithm, name in _INSECURE_HASHES:
        if signature.hash_algorithm == algorithm:
            return (
                f"the signature uses {name}, which is insecure",
                "the repository's owner must sign with SHA-256 or better",
            )
    return (
        f"the signature with {key.fingerprint} does not fit the file",
        "the file was changed, or is being replaced: try again later",
    )


def _signature_packets(signatures: Iterable[bytes]) -> list[Packet]:
    packets = []
    for data in signatures:
        try:
            packets += [each for each in PacketPile.from_bytes(data) if each.tag == Tag.Signature]
        except (RuntimeError, ValueError):
            continue
    return packets


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
