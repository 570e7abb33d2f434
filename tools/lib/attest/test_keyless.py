"""Keyless signatures, with Fulcio and Rekor on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sigstore.models import ClientTrustConfig

from tools.lib.attest.keyless import KeylessSigner, KeylessVerifier, read_trust
from tools.lib.attest.signer import VerificationError
from tools.lib.attest.statement import signature_statement
from tools.lib.attest.testing import some_signer
from tools.lib.attest.testing_fulcio import IDENTITY, ISSUER
from tools.lib.attest.testing_sigstore import FakeSigstore, fake_sigstore
from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Digest
from tools.lib.registry.backoff import Backoff

STATEMENT = signature_statement(Digest("sha256:" + "ab" * 32)).encode()


@pytest.fixture
def sigstore() -> Iterator[FakeSigstore]:
    with fake_sigstore() as each:
        yield each


@pytest.fixture
def trust(sigstore: FakeSigstore, tmp_path: Path) -> ClientTrustConfig:
    (tmp_path / "trust.json").write_text(sigstore.trust_config())
    return read_trust(str(tmp_path / "trust.json"))


def signer_with(
    trust: ClientTrustConfig, token: Callable[[], str | None], notices: list[str] | None = None
) -> KeylessSigner:
    notice = notices.append if notices is not None else lambda _: None
    return KeylessSigner(trust, token, Backoff(lambda _: None, notice))


def test_a_signature_is_in_the_log_and_one_certificate_serves_many(
    sigstore: FakeSigstore, trust: ClientTrustConfig
) -> None:
    signer = signer_with(trust, sigstore.token)
    assert signer.verifier.identity == IDENTITY
    bundles = [signer.sign(STATEMENT) for _ in range(3)]
    assert all(signer.verifier.verify(each, "b") == STATEMENT for each in bundles)
    assert (sigstore.fulcio.certificates, sigstore.entries) == (1, 3)
    material = json.loads(bundles[0])["verificationMaterial"]
    assert material.keys() >= {"certificate", "tlogEntries"}
    assert KeylessVerifier(trust, IDENTITY, ISSUER).verify(bundles[0], "b") == STATEMENT


def test_a_certificate_that_ends_soon_is_replaced(
    sigstore: FakeSigstore, trust: ClientTrustConfig
) -> None:
    sigstore.fulcio.lifetime = timedelta(seconds=59)
    signer = signer_with(trust, sigstore.token)
    for number in range(1, 4):
        signer.sign(STATEMENT)
        assert sigstore.fulcio.certificates == number


def test_what_another_signed(sigstore: FakeSigstore, trust: ClientTrustConfig) -> None:
    signer = signer_with(trust, sigstore.token)
    bundle = signer.sign(STATEMENT)
    for identity, issuer in (("https://github.com/other", ISSUER), (IDENTITY, "https://other")):
        with pytest.raises(VerificationError, match=f"^b: not signed by {identity}: Certificate"):
            KeylessVerifier(trust, identity, issuer).verify(bundle, "b")
    for damaged in (
        bundle.replace(b'"logIndex":"0"', b'"logIndex":"1"'),
        some_signer().sign(STATEMENT),
        b"{}",
        b"",
    ):
        with pytest.raises(VerificationError, match=f"^b: not signed by {IDENTITY}: "):
            signer.verifier.verify(damaged, "b")
    with fake_sigstore() as other:
        stranger = ClientTrustConfig.from_json(other.trust_config())
        with pytest.raises(VerificationError, match="failed to build timestamp certificate chain"):
            KeylessVerifier(stranger, IDENTITY, ISSUER).verify(bundle, "b")


def test_fulcio_certifies_another_identity(
    sigstore: FakeSigstore, trust: ClientTrustConfig
) -> None:
    """What is signed is verified before it is published."""
    sigstore.fulcio.identity = "https://github.com/somebody/else"
    with pytest.raises(
        VerificationError, match=r"^the new signature: not signed by https://github"
    ):
        signer_with(trust, sigstore.token).sign(STATEMENT)


def test_a_log_that_fails_for_a_while(sigstore: FakeSigstore, trust: ClientTrustConfig) -> None:
    notices: list[str] = []
    sigstore.statuses = [503, 429]
    signer = signer_with(trust, sigstore.token, notices)
    assert signer.verifier.verify(signer.sign(STATEMENT), "b") == STATEMENT
    assert [each.partition("; ")[2] for each in notices] == [
        "trying again in 0.25 s",
        "trying again in 1 s",
    ]
    assert notices[0].startswith(f"{sigstore.host}: signing failed: HTTP 503")


def test_a_refusal_names_the_service_and_no_token(
    sigstore: FakeSigstore, trust: ClientTrustConfig
) -> None:
    sigstore.statuses = [403]
    token = sigstore.token()
    with pytest.raises(ToolError) as caught:
        signer_with(trust, lambda: token).sign(STATEMENT)
    assert str(caught.value).startswith(f"{sigstore.host}: signing failed: HTTP 403")
    assert token.split(".")[1] not in str(caught.value)
    assert sigstore.authorizations == [f"Bearer {token}"]


def test_services_out_of_reach(trust: ClientTrustConfig, sigstore: FakeSigstore) -> None:
    text = sigstore.trust_config().replace(sigstore.host, "127.0.0.1:1")
    signer = signer_with(ClientTrustConfig.from_json(text), sigstore.token)
    with pytest.raises(ToolError, match=r"^signing failed: Fulcio or Rekor: the connection broke$"):
        signer.sign(STATEMENT)


def test_a_machine_without_an_identity(trust: ClientTrustConfig) -> None:
    with pytest.raises(ToolError, match=r"no identity to sign with \(hint: in GitHub Actions, "):
        signer_with(trust, lambda: None)
    with pytest.raises(ToolError, match=r"^the machine's identity: Identity token is malformed"):
        signer_with(trust, lambda: "not.a.token")


def test_a_trust_config_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "trust.json").write_text("{}")
    with pytest.raises(ToolError, match=r"trust\.json: not a client trust config: "):
        read_trust(str(tmp_path / "trust.json"))
