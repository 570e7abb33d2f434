"""The keys of an OpenPGP certificate, and why one is not accepted (RFC 9580)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pysequoia
from pysequoia.packet import Packet, PacketPile, PublicKeyAlgorithm, SignatureType, Tag

# Algorithms whose first number has as many bits as the key, and the bits that are enough.
_SIZED = (
    (PublicKeyAlgorithm.RSAEncryptSign, "RSA"),
    (PublicKeyAlgorithm.RSASign, "RSA"),
    (PublicKeyAlgorithm.DSA, "DSA"),
)
_MIN_BITS = 2048
# Where the first number of a key packet is, by the packet's version (RFC 9580, 5.5.2).
_FIRST_NUMBER = {4: 6, 6: 10}
# The reason in Sequoia's errors.
_INSECURE = re.compile(r"(\w+) is not considered secure since (\d{4}-\d{2}-\d{2})")
_SELF_SIGNATURE = "rejected non-revocation signature"


@dataclass(frozen=True, slots=True)
class Key:
    """A primary key or a subkey.

    Attributes:
        fingerprint: hexadecimal digits in lower case.
        problem: why its signatures are not accepted: `expired on 2025-06-01`; empty if they are.
    """

    fingerprint: str
    problem: str


def certificate_keys(certificate: pysequoia.Cert, now: datetime.datetime) -> list[Key]:
    """The keys of a certificate, the primary key first.

    Args:
        certificate: the certificate.
        now: the time at which the keys must be valid.
    """
    primary = ", ".join(_primary_problems(certificate, now))
    keys: list[Key] = []
    groups: list[tuple[Packet, list[Packet]]] = []
    for packet in PacketPile.from_bytes(bytes(certificate)):
        if packet.tag in (Tag.PublicKey, Tag.PublicSubkey):
            groups.append((packet, []))
        elif packet.tag == Tag.Signature and groups:
            groups[-1][1].append(packet)
    for packet, signatures in groups:
        own = [*_size_problem(packet)]
        if packet.tag == Tag.PublicSubkey:
            own += _subkey_problems(packet, signatures, now)
        problems = [*own, primary] if primary else own
        keys.append(Key((packet.fingerprint or "").lower(), "; ".join(problems)))
    return keys


def _primary_problems(certificate: pysequoia.Cert, now: datetime.datetime) -> list[str]:
    try:
        if certificate.is_revoked:
            return ["revoked"]
        expiration = certificate.expiration
    except RuntimeError as error:
        text = str(error).partition("Stack backtrace")[0]
        reason = _INSECURE.search(text)
        if not reason:
            return [text.strip().split("\n", 1)[0]]
        if _SELF_SIGNATURE in text:
            return [f"its self-signature uses {reason[1]}, which is insecure since {reason[2]}"]
        # The size of the key, which is reported anyway.
        return []
    return [f"expired on {expiration:%Y-%m-%d}"] if expiration and expiration <= now else []


def _size_problem(key: Packet) -> list[str]:
    name = next((each for algorithm, each in _SIZED if key.key_algorithm == algorithm), None)
    start = _FIRST_NUMBER.get(key.body[0]) if key.body else None
    if not name or start is None:
        return []
    bits = int.from_bytes(key.body[start : start + 2], "big")
    return [f"{name} of {bits} bits is insecure"] if bits < _MIN_BITS else []


def _subkey_problems(
    key: Packet, signatures: Sequence[Packet], now: datetime.datetime
) -> list[str]:
    if any(each.signature_type == SignatureType.SubkeyRevocation for each in signatures):
        return ["revoked"]
    bindings = [
        (each.signature_created, each.key_validity_period)
        for each in signatures
        if each.signature_type == SignatureType.SubkeyBinding
        and each.signature_created
        and each.signature_created <= now
    ]
    # The newest binding counts.
    period = max(bindings, key=lambda item: item[0])[1] if bindings else None
    if key.key_created and period and key.key_created + period <= now:
        return [f"expired on {key.key_created + period:%Y-%m-%d}"]
    return []
