"""A release signs what only looks signed: attachments that others forged do not count."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.clients.registry import registry as crane_registry
from tests.registry.docker_registry import docker_registry
from tests.signatures.cosign import OFFLINE, succeed
from tools.lib.attest.attach import Attached, list_attached
from tools.lib.attest.bundle import BUNDLE, statement_of
from tools.lib.attest.key_signer import KeySigner
from tools.lib.attest.keyless import KeylessSigner, read_trust
from tools.lib.attest.private_key import read_private_key
from tools.lib.attest.signer import Signer
from tools.lib.attest.statement import CYCLONEDX, PROVENANCE, SPDX, parse_statement
from tools.lib.attest.testing import public_pem, some_signer
from tools.lib.attest.testing_fulcio import IDENTITY, ISSUER
from tools.lib.attest.testing_job import fake_job
from tools.lib.attest.testing_sigstore import fake_sigstore
from tools.lib.oci.descriptor import Digest, describe
from tools.lib.registry.referrers import Artifact, Referrers
from tools.lib.registry.testing_content import client_for
from tools.lib.registry.testing_home import use_home
from tools.release.__main__ import main
from tools.release.testing import SampleRelease, write_key

NAME = "static-debian12"
ATTESTATIONS = 4 * 4 + 2 * 2
"""Of two images for two architectures, and their indexes."""


@dataclass(frozen=True, slots=True)
class Signers:
    """How a release is signed, and how cosign verifies it.

    Attributes:
        flags: of the release.
        own: the same signer.
        stranger: another one.
        cosign: flags of cosign.
    """

    flags: Sequence[str]
    own: Signer
    stranger: Signer
    cosign: Sequence[str]


@pytest.fixture(params=["docker-registry", "crane"])
def host(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A registry without the referrers API, and one with it."""
    server = crane_registry() if request.param == "crane" else docker_registry(tmp_path)
    with server as each:
        yield each


@pytest.fixture(params=["key", "keyless"])
def signers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Signers]:
    use_home(tmp_path, monkeypatch)
    if request.param == "key":
        write_key()
        own = KeySigner(read_private_key("key.pem"))
        Path("key.pub").write_bytes(public_pem(own))
        flags = ["--sign-key", "key.pem"]
        yield Signers(flags, own, some_signer(), ["--key", "key.pub", OFFLINE])
        return
    with contextlib.ExitStack() as stack:
        sigstore, other = (stack.enter_context(fake_sigstore()) for _ in range(2))
        for name, value in stack.enter_context(fake_job(sigstore)).items():
            monkeypatch.setenv(name, value)
        Path("trust.json").write_text(sigstore.trust_config())
        Path("other.json").write_text(other.trust_config())
        Path("root.json").write_text(json.dumps(sigstore.trusted_root()))
        cosign = ["--trusted-root", "root.json", "--certificate-identity", IDENTITY]
        yield Signers(
            ["--keyless", "--sigstore", "trust.json"],
            KeylessSigner(read_trust("trust.json"), sigstore.token),
            KeylessSigner(read_trust("other.json"), other.token),
            [*cosign, "--certificate-oidc-issuer", ISSUER],
        )


def forge(signers: Signers, bundle: bytes) -> list[bytes]:
    """Bundles that are not what the release attaches, but could be taken for it."""
    data = statement_of(bundle, "bundle")
    statement = parse_statement(data, "statement")
    of_another_digest = replace(statement, subjects=(Digest("sha256:" + "0" * 64),))
    outdated = replace(statement, predicate={"of": "last year"})
    return [
        b"",
        signers.stranger.sign(data),
        signers.own.sign(of_another_digest.encode()),
        signers.own.sign(outdated.encode()),
    ]


def release(sample: SampleRelease, host: str, project: str, *flags: str) -> int:
    """Releases one repository; returns how many attestations it attached."""
    common = ["--insecure", "--only", NAME, "--report", "report.json"]
    assert main([*sample.flags, "--registry", f"{host}/{project}", *common, *flags]) == 0
    count = json.loads(Path("report.json").read_text())["total"]["attestations"]
    assert isinstance(count, int)
    return count


def attached(sample: SampleRelease, host: str, project: str) -> dict[Digest, list[Attached]]:
    """What is attached to the images and indexes of the repository."""
    referrers = Referrers(client_for(host, f"{project}/{NAME}"))
    return {
        digest: list(list_attached(referrers, digest)) for digest in {*sample.tags(NAME).values()}
    }


def assert_verified(signers: Signers, reference: str, own: Sequence[Attached]) -> None:
    """cosign accepts the signature, and attestations with just these statements among others."""
    succeed("cosign", "verify", *signers.cosign, reference)
    names = {SPDX: "spdxjson", CYCLONEDX: "cyclonedx", PROVENANCE: "slsaprovenance1"}
    for each in own:
        if each.predicate_type in names:
            kind = ["--type", names[each.predicate_type]]
            lines = succeed("cosign", "verify-attestation", *kind, *signers.cosign, reference)
            payloads = [base64.b64decode(json.loads(line)["payload"]) for line in lines.split()]
            assert statement_of(each.bundle, "bundle") in payloads


def test_forged_attachments_do_not_count(tmp_path: Path, host: str, signers: Signers) -> None:
    sample = SampleRelease(tmp_path / "release")
    assert release(sample, host, "own", *signers.flags) == ATTESTATIONS
    release(sample, host, "forged", "--unsigned")
    client = client_for(host, f"forged/{NAME}")
    own = attached(sample, host, "own")
    for digest, bundles in own.items():
        document = client.get_manifest(digest)
        # All that can be seen without a download is as in the genuine ones.
        forged = [
            Artifact(BUNDLE, bundle, each.referrer.annotations)
            for each in bundles
            for bundle in forge(signers, each.bundle)
        ]
        Referrers(client).push(describe(document.media_type, document.data), forged)
    assert release(sample, host, "forged", *signers.flags) == ATTESTATIONS
    for tag in ("latest", "latest-amd64"):
        assert_verified(signers, f"{host}/forged/{NAME}:{tag}", own[sample.tags(NAME)[tag]])
    assert release(sample, host, "forged", *signers.flags) == 0
    assert json.loads(Path("report.json").read_text())["total"]["request_bytes"] == 0
