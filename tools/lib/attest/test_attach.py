"""Signatures and attestations in a registry."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tools.lib.attest.attach import attach, list_attached, verified_statements
from tools.lib.attest.bundle import BUNDLE
from tools.lib.attest.key_signer import KeySigner
from tools.lib.attest.signer import VerificationError
from tools.lib.attest.statement import (
    OPENVEX,
    PROVENANCE,
    SIGNATURE,
    Statement,
    signature_statement,
)
from tools.lib.attest.testing import some_signer
from tools.lib.oci.descriptor import INDEX, Digest, describe
from tools.lib.registry.referrers import Artifact, Referrers
from tools.lib.registry.testing import FakeRegistry, fake_registry
from tools.lib.registry.testing_content import client_for

SUBJECT = describe(INDEX, b'{"subject": 1}')
SIGNER = some_signer()


@pytest.fixture(params=[True, False], ids=["api", "tag"])
def registry(request: pytest.FixtureRequest) -> Iterator[FakeRegistry]:
    with fake_registry() as each:
        each.referrers = request.param
        yield each


def referrers_of(registry: FakeRegistry, path: str = "team/app") -> Referrers:
    return Referrers(client_for(registry.host, path))


def provenance(commit: str, subject: Digest = SUBJECT.digest) -> Statement:
    return Statement((subject,), PROVENANCE, {"commit": commit})


def bundles(commit: str = "1", signer: KeySigner = SIGNER) -> list[bytes]:
    """A signature and a provenance."""
    statements = (signature_statement(SUBJECT.digest), provenance(commit))
    return [signer.sign(each.encode()) for each in statements]


def test_a_second_run_sends_nothing(registry: FakeRegistry) -> None:
    report = attach(referrers_of(registry), SUBJECT, bundles())
    assert (report.manifests, report.uploaded) == (2, 3)
    registry.requests.clear()
    report = attach(referrers_of(registry), SUBJECT, bundles())
    assert (report.manifests, report.uploaded, report.present) == (0, 0, 0)
    # The list of referrers says what is attached. One that clients write may be wrong.
    methods = [each.split()[0] for each in registry.requests]
    assert methods == (["GET"] if registry.referrers else ["GET", "GET", "HEAD", "HEAD"])


def test_what_is_listed(registry: FakeRegistry) -> None:
    referrers = referrers_of(registry)
    attach(referrers, SUBJECT, bundles())
    referrers.push(SUBJECT, [Artifact("application/vnd.oci.empty.v1+json", b"{}")])
    referrers.push(SUBJECT, [Artifact("text/plain", b"a note"), Artifact(BUNDLE, b"damaged")])
    found = {each.predicate_type: each.bundle for each in list_attached(referrers, SUBJECT.digest)}
    assert found == dict(zip((SIGNATURE, PROVENANCE), bundles(), strict=True))
    (one,) = list_attached(referrers, SUBJECT.digest, {PROVENANCE})
    assert one.bundle == bundles()[1]


def test_verified_statements(registry: FakeRegistry) -> None:
    referrers = referrers_of(registry)
    attach(referrers, SUBJECT, bundles("1", some_signer()))
    attach(referrers, SUBJECT, bundles("2"))
    found = verified_statements(referrers, SUBJECT.digest, PROVENANCE, SIGNER.verifier)
    assert found == [provenance("2")]


def error(referrers: Referrers, predicate_type: str = PROVENANCE) -> str:
    with pytest.raises(VerificationError) as caught:
        verified_statements(referrers, SUBJECT.digest, predicate_type, SIGNER.verifier)
    return caught.value.message.removeprefix(f"{SUBJECT.digest}: ")


def test_what_verifies_not(registry: FakeRegistry) -> None:
    referrers = referrers_of(registry)
    by = f"by {SIGNER.verifier.identity}"
    assert error(referrers) == f"no attestation of type {PROVENANCE} {by}"
    other = provenance("1", Digest("sha256:" + "0" * 64))
    attach(referrers, SUBJECT, [SIGNER.sign(other.encode())])
    assert re.fullmatch(r"attestation sha256:\w+: it is about another digest", error(referrers))
    attach(referrers, SUBJECT, bundles("1", some_signer()))
    assert error(referrers) == f"2 attestations, none valid of type {PROVENANCE} {by}"
    assert error(referrers, OPENVEX) == f"no attestation of type {OPENVEX} {by}"
    assert re.fullmatch(
        rf"attestation sha256:\w+: not signed with this {SIGNER.verifier.identity}",
        error(referrers, SIGNATURE),
    )
