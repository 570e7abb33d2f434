"""What verify says of signatures and provenance. tests/verify has rebuilds."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tools.lib.attest.attach import attach
from tools.lib.attest.key_signer import KeySigner
from tools.lib.attest.keyless import KeylessSigner, read_trust
from tools.lib.attest.provenance import Builder, Material, Provenance, Source
from tools.lib.attest.statement import PROVENANCE, Statement
from tools.lib.attest.testing import public_pem, some_signer
from tools.lib.attest.testing_fulcio import IDENTITY, ISSUER
from tools.lib.attest.testing_sigstore import fake_sigstore
from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import INDEX, Descriptor, describe
from tools.lib.registry.document import Document
from tools.lib.registry.referrers import Referrers
from tools.lib.registry.testing import FakeRegistry, fake_registry
from tools.lib.registry.testing_content import client_for
from tools.verify.__main__ import main

COMMIT = "a" * 40
BUILT = Provenance(
    "//static:static_debian12",
    ("linux/amd64",),
    {"@distroless//rules:compression": "gzip"},
    "1.2.3",
    (Material("https://example.com/a.deb", "11" * 32),),
    Source("https://example.com/images", COMMIT),
    Builder("https://example.com/workflow"),
)
DATA = b'{"manifests": []}'
SUBJECT = describe(INDEX, DATA)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRegistry]:
    """A registry with an index, in a directory with a key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("BUILD_WORKING_DIRECTORY", raising=False)
    monkeypatch.delenv("BUILD_WORKSPACE_DIRECTORY", raising=False)
    with fake_registry() as each:
        client_for(each.host).put_manifest(Document(INDEX, DATA), "v1")
        yield each


@pytest.fixture
def signer(registry: FakeRegistry) -> KeySigner:
    signer = some_signer()
    Path("cosign.pub").write_bytes(public_pem(signer))
    return signer


def attest(registry: FakeRegistry, bundle: bytes) -> None:
    subject: Descriptor = SUBJECT
    attach(Referrers(client_for(registry.host)), subject, [bundle])


def statement(provenance: Provenance = BUILT) -> bytes:
    return Statement((SUBJECT.digest,), PROVENANCE, provenance.predicate()).encode()


def verify(registry: FakeRegistry, *flags: str) -> int:
    return main([f"{registry.host}/team/app:v1", "--insecure", *flags])


def test_a_tag_is_resolved_and_the_provenance_is_described(
    registry: FakeRegistry, signer: KeySigner, capsys: pytest.CaptureFixture[str]
) -> None:
    attest(registry, signer.sign(statement()))
    assert verify(registry, "--key", "cosign.pub", "--no-rebuild") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"image: {registry.host}/team/app@{SUBJECT.digest}",
        f"signed by: {signer.verifier.identity}",
        "built by: https://example.com/workflow",
        f"built from: //static:static_debian12 at {COMMIT} of https://example.com/images",
        "materials: 1 downloads",
    ]


def test_a_keyless_signer(
    registry: FakeRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with fake_sigstore() as sigstore:
        Path("trust.json").write_text(sigstore.trust_config())
        signer = KeylessSigner(read_trust("trust.json"), sigstore.token)
        attest(registry, signer.sign(statement()))
    flags = ["--no-rebuild", "--sigstore=trust.json", f"--certificate-oidc-issuer={ISSUER}"]
    assert verify(registry, *flags, f"--certificate-identity={IDENTITY}") == 0
    assert f"signed by: {IDENTITY}\n" in capsys.readouterr().out
    with pytest.raises(ToolError, match=f"not signed by {IDENTITY}x: Certificate's SANs do not"):
        verify(registry, *flags, f"--certificate-identity={IDENTITY}x")


def error(registry: FakeRegistry) -> str:
    with pytest.raises(ToolError) as caught:
        verify(registry, "--key", "cosign.pub")
    return str(caught.value).removeprefix(f"{SUBJECT.digest}: ")


def test_what_is_not_as_the_signer_says(registry: FakeRegistry, signer: KeySigner) -> None:
    missing = f"no attestation of type {PROVENANCE} by {signer.verifier.identity}"
    assert error(registry).startswith(missing)
    # Another's signature, and a statement that was changed after it was signed.
    attest(registry, some_signer().sign(statement()))
    assert re.fullmatch(r"attestation sha256:\w+: not signed with this key .*", error(registry))
    bundle = signer.sign(statement())
    other = statement(replace(BUILT, source=Source("https://example.com/images", "b" * 40)))
    attest(registry, bundle.replace(base64.b64encode(statement()), base64.b64encode(other)))
    assert error(registry).startswith("2 attestations, none valid of type")
    attest(registry, signer.sign(statement(replace(BUILT, source=None))))
    assert error(registry) == ("the provenance names no commit (hint: it is not that of a release)")


def test_a_commit_that_this_repository_lacks(
    registry: FakeRegistry, signer: KeySigner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attest(registry, signer.sign(statement()))
    assert error(registry) == "BUILD_WORKSPACE_DIRECTORY is not set (hint: run ./knife verify)"
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "repository")], check=True)
    monkeypatch.setenv("BUILD_WORKSPACE_DIRECTORY", str(tmp_path / "repository"))
    assert error(registry) == (
        f"{COMMIT}: no such commit in {tmp_path}/repository "
        "(hint: fetch it with git: a shallow clone lacks older ones)"
    )


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["--certificate-identity=a"],
        ["--certificate-oidc-issuer=a"],
        ["--key=a", "--certificate-identity=a"],
        ["--key=a", "--certificate-identity=a", "--certificate-oidc-issuer=a"],
    ],
)
def test_flags_that_name_no_signer(registry: FakeRegistry, flags: list[str]) -> None:
    with pytest.raises(ToolError) as caught:
        verify(registry, *flags)
    assert str(caught.value) == (
        "verify: no signer given (hint: give --key, "
        "or both --certificate-identity and --certificate-oidc-issuer)"
    )
