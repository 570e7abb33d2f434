"""What cosign, oras, crane and skopeo see of the signatures and attestations that we attach."""

from __future__ import annotations

import contextlib
import datetime
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.clients.registry import registry as crane_registry
from tests.registry.docker_registry import docker_registry
from tests.signatures.cosign import (
    NO_SERVICES,
    OFFLINE,
    attestations,
    refuse,
    run,
    succeed,
    verify,
)
from tools.lib.attest.attach import attach, list_attached, verified_statements
from tools.lib.attest.bundle import BUNDLE
from tools.lib.attest.key_signer import KeySigner
from tools.lib.attest.private_key import read_private_key
from tools.lib.attest.provenance import Builder, Material, Provenance, Source
from tools.lib.attest.statement import (
    CYCLONEDX,
    OPENVEX,
    PROVENANCE,
    SIGNATURE,
    SPDX,
    Statement,
    signature_statement,
)
from tools.lib.attest.testing import COSIGN_KEY, COSIGN_PUB, PASSWORD, public_pem, some_signer
from tools.lib.cli.progress import Lines
from tools.lib.data.json_values import Json
from tools.lib.lifecycle.end_of_life import end_of_life_artifact
from tools.lib.lifecycle.lifecycle import read_lifecycle
from tools.lib.oci.descriptor import Descriptor, Digest, describe
from tools.lib.registry.push import push
from tools.lib.registry.referrers import Artifact, Referrers
from tools.lib.registry.testing import fake_registry
from tools.lib.registry.testing_content import client_for, read_layout, write_index

DOCUMENTATION = Path("docs/verify.md").read_text()
LIFECYCLE = read_lifecycle()
BUILT = Provenance(
    "//static:static_debian12",
    ("linux/amd64",),
    {},
    "1.2.3",
    (Material("https://example.com/a.deb", "11" * 32),),
    Source("https://github.com/GoogleContainerTools/distroless", "a" * 40),
    Builder("https://example.com/workflow"),
)
KINDS: dict[str, tuple[str, Json]] = {
    "slsaprovenance1": (PROVENANCE, BUILT.predicate()),
    "spdxjson": (SPDX, {"spdxVersion": "SPDX-2.3", "name": "ä"}),
    "cyclonedx": (CYCLONEDX, {"bomFormat": "CycloneDX"}),
    "openvex": (OPENVEX, {"@context": "https://openvex.dev/ns/v0.2.0"}),
}
"""A predicate of each type, by cosign's name of the type."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """An index and its images in a registry, signed."""

    host: str
    index: Descriptor
    images: tuple[Descriptor, ...]
    key: Path

    def reference(self, digest: str) -> str:
        return f"{self.host}/team/app@{digest}"

    @property
    def referrers(self) -> Referrers:
        return Referrers(client_for(self.host))


@contextlib.contextmanager
def registry_of(kind: str, directory: Path) -> Iterator[str]:
    if kind == "docker":
        with docker_registry(directory) as host:
            yield host
    elif kind == "crane":
        with crane_registry() as host:
            yield host
    else:
        with fake_registry() as fake:
            fake.referrers = True
            yield fake.host


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    monkeypatch.setenv("COSIGN_PASSWORD", PASSWORD)
    monkeypatch.chdir(tmp_path)
    Path("cosign.key").write_text(COSIGN_KEY)
    Path("cosign.pub").write_text(COSIGN_PUB)
    Path("none.json").write_text(NO_SERVICES)
    return tmp_path


def bundles(subject: Digest) -> list[bytes]:
    """A signature and all attestations."""
    predicates = (Statement((subject,), *each) for each in KINDS.values())
    return sign(signature_statement(subject), *predicates)


def sign(*statements: Statement) -> list[bytes]:
    signer = KeySigner(read_private_key("cosign.key"))
    return [signer.sign(each.encode()) for each in statements]


def push_layout(host: str, layout: str) -> list[Descriptor]:
    """Pushes an index; returns the descriptors of its images, then its own."""
    content = read_layout(layout)
    push(client_for(host), content, ["v1"], Lines())
    documents = [each.document for each in content.manifests]
    return [describe(each.media_type, each.data) for each in documents]


@pytest.fixture(params=["docker", "crane", "api"])
def pushed(request: pytest.FixtureRequest, home: Path) -> Iterator[Pushed]:
    with registry_of(request.param, home) as host:
        *images, index = push_layout(host, write_index(home / "layout"))
        done = Pushed(host, index, tuple(images), home / "cosign.pub")
        for subject in (index, *images):
            attach(done.referrers, subject, bundles(subject.digest))
        yield done


def test_cosign_verifies_the_index_and_each_image(pushed: Pushed) -> None:
    for subject in (pushed.index, *pushed.images):
        reference = pushed.reference(subject.digest)
        assert SIGNATURE in verify(reference, pushed.key)
        for kind, (_, predicate) in KINDS.items():
            assert attestations(reference, kind, pushed.key) == [predicate]
    assert SIGNATURE in verify(f"{pushed.host}/team/app:v1", pushed.key)


def test_cosign_checks_the_policy_file_of_the_documentation(pushed: Pushed) -> None:
    (policy,) = re.findall(r"```\n// policy\.cue\n(.*?)```", DOCUMENTATION, re.DOTALL)
    Path("policy.cue").write_text(policy)
    reference = pushed.reference(pushed.index.digest)
    assert attestations(reference, "slsaprovenance1", pushed.key, "--policy", "policy.cue")
    Path("policy.cue").write_text(policy.replace("GoogleContainerTools", "somebody"))
    command = ["cosign", "verify-attestation", "--key", str(pushed.key), OFFLINE]
    command += ["--type", "slsaprovenance1", "--policy", "policy.cue"]
    assert refuse(*command, reference) == "1 validation errors occurred"


def test_cosign_refuses_what_is_not_signed(pushed: Pushed, home: Path) -> None:
    command = ["cosign", "verify", "--key", str(pushed.key), OFFLINE]
    # A changed manifest: another digest, for which there is no signature.
    *_, changed = push_layout(pushed.host, write_index(home / "changed", size=1001))
    assert refuse(*command, pushed.reference(changed.digest)) == "no signatures found"
    # The signature of another manifest.
    (taken, *_) = [
        each.bundle for each in list_attached(pushed.referrers, pushed.index.digest, {SIGNATURE})
    ]
    attach(pushed.referrers, changed, [taken])
    error = refuse(*command, pushed.reference(changed.digest))
    assert "provided artifact digest does not match any digest in statement" in error
    # A missing attestation.
    attach(pushed.referrers, changed, sign(signature_statement(changed.digest)))
    attestation = ["cosign", "verify-attestation", *command[2:], "--type", "spdxjson"]
    error = refuse(*attestation, pushed.reference(changed.digest))
    assert error.startswith("none of the attestations matched the predicate type: spdxjson, found:")


def test_cosign_refuses_another_key(pushed: Pushed) -> None:
    Path("other.pub").write_bytes(public_pem(some_signer()))
    command = ["cosign", "verify", "--key", "other.pub", OFFLINE]
    error = refuse(*command, pushed.reference(pushed.index.digest))
    assert error.startswith("no matching attestations: failed to verify signature")


def test_oras_crane_skopeo_and_cosign_list_the_referrers(pushed: Pushed) -> None:
    reference = pushed.reference(pushed.index.digest)
    discovered = json.loads(succeed("oras", "discover", "--plain-http", "--format=json", reference))
    found = discovered["referrers"]
    assert [each["artifactType"] for each in found] == [BUNDLE] * 5
    types = {each["annotations"]["dev.sigstore.bundle.predicateType"] for each in found}
    assert types == {SIGNATURE, *(kind for kind, _ in KINDS.values())}
    tree = succeed("cosign", "tree", reference)
    assert all(f"{kind} artifacts via OCI referrer" in tree for kind in types)
    one = pushed.reference(found[0]["digest"])
    manifest = succeed("crane", "manifest", one)
    assert json.loads(manifest)["subject"]["digest"] == pushed.index.digest
    inspected = succeed("skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{one}")
    assert inspected == manifest
    succeed("oras", "pull", "--plain-http", one)


def test_oras_lists_the_end_of_life_beside_signatures(pushed: Pushed, home: Path) -> None:
    day = datetime.date(2028, 7, 1)
    ended = end_of_life_artifact(LIFECYCLE, "static", "debian12", "", day)
    assert ended
    artifact = Artifact(ended.artifact_type, ended.data, ended.annotations)
    *_, subject = push_layout(pushed.host, write_index(home / "ended", size=1003))
    attach(pushed.referrers, subject, sign(signature_statement(subject.digest)))
    assert pushed.referrers.push(subject, [artifact]).manifests == 1
    assert pushed.referrers.push(subject, [artifact]).manifests == 0
    reference = pushed.reference(subject.digest)
    command = ["oras", "discover", "--plain-http", "--format=json", reference]
    kind = "application/vnd.microsoft.artifact.lifecycle"
    (found,) = json.loads(succeed(*command, "--artifact-type", kind))["referrers"]
    assert found["annotations"] == {
        "vnd.microsoft.artifact.lifecycle.end-of-life.date": "2028-06-30"
    }
    assert verify(reference, pushed.key)


def test_we_verify_what_cosign_signs(pushed: Pushed, home: Path) -> None:
    *_, subject = push_layout(pushed.host, write_index(home / "other", size=1002))
    reference = pushed.reference(subject.digest)
    Path("predicate.json").write_text('{"by": "cosign"}')
    flags = ["--key", "cosign.key", "--signing-config", "none.json", "--yes"]
    succeed("cosign", "sign", *flags, reference)
    kind = ["--type", "spdxjson", "--predicate", "predicate.json"]
    succeed("cosign", "attest", *flags, *kind, reference)
    signer = KeySigner(read_private_key("cosign.key"))
    (statement,) = verified_statements(pushed.referrers, subject.digest, SPDX, signer.verifier)
    assert statement.predicate == {"by": "cosign"}
    # Both see what the other attaches later.
    provenance = Statement((subject.digest,), *KINDS["slsaprovenance1"])
    attach(pushed.referrers, subject, sign(provenance))
    succeed("cosign", "attest", *flags, "--type=cyclonedx", *kind[2:], reference)
    for name, expected in (
        ("spdxjson", {"by": "cosign"}),
        ("cyclonedx", {"by": "cosign"}),
        ("slsaprovenance1", KINDS["slsaprovenance1"][1]),
    ):
        assert attestations(reference, name, pushed.key) == [expected]


@pytest.mark.parametrize("pushed", ["crane"], indirect=True)
def test_a_key_of_384_bits_needs_a_flag_of_cosign(pushed: Pushed) -> None:
    """As docs/verify.md says; cosign's own signatures with such a key need it, too."""
    signer = KeySigner(ec.generate_private_key(ec.SECP384R1()))
    Path("large.pub").write_bytes(public_pem(signer))
    subject = pushed.images[0]
    bundle = signer.sign(signature_statement(subject.digest).encode())
    attach(pushed.referrers, subject, [bundle])
    command = ["cosign", "verify", "--key", "large.pub", OFFLINE]
    reference = pushed.reference(subject.digest)
    assert run(*command, reference).returncode != 0
    succeed(*command, "--signature-digest-algorithm", "sha384", reference)
