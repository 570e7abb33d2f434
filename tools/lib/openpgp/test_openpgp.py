"""Signatures that are refused, and the reasons given."""

from __future__ import annotations

import datetime
from pathlib import Path

import pysequoia
import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.openpgp.openpgp import Keyring, read_keyring, verify_clearsigned, verify_detached

KEYS = Path("tools/lib/openpgp/testdata/keys")
NOW = datetime.datetime.now(datetime.UTC)
TEXT = b"Codename: stable\n"


class Signer:
    """A key and its certificate."""

    def __init__(self) -> None:
        self.secret = pysequoia.Tsk.generate("a")
        self.certificate = self.secret.extract_certificate()

    def sign(self, mode: pysequoia.SignatureMode) -> bytes:
        return bytes(pysequoia.sign(self.secret.signer(), TEXT, mode=mode))

    @property
    def keyring(self) -> Keyring:
        return Keyring("a.pgp", (self.certificate,))


def refusal(message: bytes, keyring: Keyring, now: datetime.datetime = NOW) -> str:
    with pytest.raises(ToolError) as caught:
        verify_clearsigned(message, keyring, now, "InRelease")
    assert caught.value.message.startswith("InRelease: no valid signature by a key of ")
    return caught.value.message


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("dsa1024", "DSA of 1024 bits is insecure"),
        ("rsa1024", "RSA of 1024 bits is insecure"),
        ("sha1_self_signature", "its self-signature uses SHA1, which is insecure since 2023-02-01"),
        ("sha1_signature", "the signature uses SHA-1, which is insecure"),
        ("expired", "expired on 2025-06-01"),
        ("expired_subkey", "expired on 2025-06-01"),
    ],
)
def test_the_reason_is_that_of_the_key(name: str, reason: str) -> None:
    keyring = read_keyring(str(KEYS / f"{name}.pgp"), ())
    assert reason in refusal((KEYS / f"{name}.asc").read_bytes(), keyring)


@pytest.mark.parametrize("name", ["expired", "expired_subkey"])
def test_a_signature_dated_back_by_an_expired_key_is_refused(name: str) -> None:
    keyring = read_keyring(str(KEYS / f"{name}.pgp"), ())
    message = (KEYS / f"{name}.asc").read_bytes()
    assert "expired on 2025-06-01" in refusal(message, keyring)
    # Sequoia alone accepts it.
    assert pysequoia.verify(message, lambda _: list(keyring.certificates)).valid_sigs


def test_a_key_must_be_valid_when_the_signature_is_checked() -> None:
    signer = Signer()
    soon = NOW + datetime.timedelta(hours=1)
    signer.certificate = signer.certificate.set_expiration(soon, signer.secret.certifier())
    message = signer.sign(pysequoia.SignatureMode.CLEAR)
    assert verify_clearsigned(message, signer.keyring, NOW, "InRelease") == TEXT
    later = NOW + datetime.timedelta(hours=2)
    assert "expired on " in refusal(message, signer.keyring, later)


def test_a_revoked_key_is_refused() -> None:
    signer = Signer()
    message = signer.sign(pysequoia.SignatureMode.CLEAR)
    detached = signer.sign(pysequoia.SignatureMode.DETACHED)
    revocation = signer.certificate.revoke(signer.secret.certifier())
    signer.certificate = pysequoia.Cert.from_bytes(bytes(signer.certificate) + bytes(revocation))
    assert refusal(message, signer.keyring).endswith(": revoked")
    with pytest.raises(ToolError, match=r": revoked \("):
        verify_detached(TEXT, detached, signer.keyring, NOW, "Release")


def test_one_of_several_detached_signatures_is_enough() -> None:
    signers = [Signer(), Signer()]
    signatures = b"".join(
        bytes(pysequoia.Sig.from_bytes(each.sign(pysequoia.SignatureMode.DETACHED)))
        for each in signers
    )
    for signer in signers:
        verify_detached(TEXT, signatures, signer.keyring, NOW, "Release")
    with pytest.raises(ToolError, match=r"signed with .* expected "):
        verify_detached(TEXT, signatures, Signer().keyring, NOW, "Release")
    with pytest.raises(ToolError, match="does not fit the file"):
        verify_detached(TEXT + b"\n", signatures, signers[0].keyring, NOW, "Release")
