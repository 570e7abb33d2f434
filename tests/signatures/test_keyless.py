"""cosign verifies keyless signatures of a Fulcio and a Rekor on loopback, by their trusted root."""

from __future__ import annotations

import json
from pathlib import Path

from tests.clients.registry import registry
from tests.signatures.cosign import refuse, succeed
from tools.lib.attest.attach import attach
from tools.lib.attest.keyless import KeylessSigner, read_trust
from tools.lib.attest.statement import PROVENANCE, Statement, signature_statement
from tools.lib.attest.testing_fulcio import IDENTITY, ISSUER
from tools.lib.attest.testing_sigstore import fake_sigstore
from tools.lib.cli.progress import Lines
from tools.lib.oci.descriptor import describe
from tools.lib.registry.push import push
from tools.lib.registry.referrers import Referrers
from tools.lib.registry.testing_content import client_for, read_layout, write_index


def test_cosign_verifies_by_identity(tmp_path: Path) -> None:
    content = read_layout(write_index(tmp_path / "layout"))
    subject = describe(content.root.media_type, content.root.data)
    statements = [
        signature_statement(subject.digest).encode(),
        Statement((subject.digest,), PROVENANCE, {"buildDefinition": {}}).encode(),
    ]
    with registry() as host, fake_sigstore() as sigstore:
        push(client_for(host), content, [], Lines())
        (tmp_path / "trust.json").write_text(sigstore.trust_config())
        (tmp_path / "root.json").write_text(json.dumps(sigstore.trusted_root()))
        signer = KeylessSigner(read_trust(str(tmp_path / "trust.json")), sigstore.token)
        referrers = Referrers(client_for(host))
        attach(referrers, subject, [signer.sign(each) for each in statements])

        reference = f"{host}/team/app@{subject.digest}"
        root = ["--trusted-root", str(tmp_path / "root.json")]
        flags = [*root, "--certificate-oidc-issuer", ISSUER, "--certificate-identity"]
        succeed("cosign", "verify", *flags, IDENTITY, reference)
        kind = ["--type", "slsaprovenance1"]
        succeed("cosign", "verify-attestation", *kind, *flags, IDENTITY, reference)
        error = refuse("cosign", "verify", *flags, f"{IDENTITY}x", reference)
        assert "no matching CertificateIdentity found" in error
    # Another Sigstore.
    with registry() as host, fake_sigstore() as other:
        push(client_for(host), content, [], Lines())
        (tmp_path / "trust.json").write_text(other.trust_config())
        signer = KeylessSigner(read_trust(str(tmp_path / "trust.json")), other.token)
        bundles = [signer.sign(each) for each in statements]
        attach(Referrers(client_for(host)), subject, bundles)
        reference = f"{host}/team/app@{subject.digest}"
        assert "no matching attestations" in refuse("cosign", "verify", *flags, IDENTITY, reference)
