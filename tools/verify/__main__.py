"""Verifies an image of a registry: who signed its provenance, and that a rebuild gives the same.

./knife verify REGISTRY/static-debian12@sha256:... --key cosign.pub

The provenance says from which commit the image was built. This repository must have that commit; it
is built in a checkout of its own, and the digests are compared. docs/verify.md describes it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence

from tools.lib.attest.attach import verified_statements
from tools.lib.attest.key_signer import KeyVerifier, read_public_key
from tools.lib.attest.provenance import Provenance, Source, parse_provenance
from tools.lib.attest.signer import Verifier
from tools.lib.attest.statement import PROVENANCE
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.cli.progress import Progress, show_progress
from tools.lib.diff.compare import compare_sets
from tools.lib.diff.registry_images import registry_images
from tools.lib.diff.text import render_text
from tools.lib.oci.descriptor import Digest
from tools.lib.oci.reference import Repository, parse_reference
from tools.lib.registry.backoff import Backoff
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.referrers import Referrers
from tools.lib.registry.registry import Registry
from tools.verify.rebuild import rebuilt_images


class _Flags:
    image: str
    key: str
    certificate_identity: str
    certificate_oidc_issuer: str
    sigstore: str
    insecure: bool
    no_rebuild: bool


def main(argv: Sequence[str]) -> int:
    parser = Parser("verify", __doc__)
    parser.add_argument("image", metavar="IMAGE", help="a name in a registry, by digest or by tag")
    parser.add_argument("--key", default="", help="public key of the signer: cosign.pub")
    parser.add_argument(
        "--certificate-identity", default="", help="identity of a keyless signer: a workflow's URL"
    )
    parser.add_argument(
        "--certificate-oidc-issuer", default="", help="URL of who vouches for the identity"
    )
    parser.add_argument("--sigstore", default="", help="Sigstore to trust; see docs/verify.md")
    parser.add_argument("--insecure", action="store_true", help="plain http instead of https")
    parser.add_argument("--no-rebuild", action="store_true", help="only verify the provenance")
    flags = parser.parse_args(argv, _Flags)
    # `bazel run` starts programs elsewhere.
    os.chdir(os.environ.get("BUILD_WORKING_DIRECTORY", "."))
    verifier = _verifier(flags)
    reference = parse_reference(flags.image)
    with show_progress() as progress:
        registry = Registry(
            reference.repository, insecure=flags.insecure, backoff=Backoff(notice=progress.say)
        )
        client = RepositoryClient(registry, reference.repository)
        digest = client.get_manifest(reference.digest or reference.tag or "latest").digest
        print(f"image: {reference.repository}@{digest}")
        provenance, source = _provenance(client, digest, verifier)
        _describe(provenance, source, verifier)
        if not flags.no_rebuild:
            _rebuild(reference.repository, digest, provenance, source, flags, progress)
    return 0


def _verifier(flags: _Flags) -> Verifier:
    keyless = (flags.certificate_identity, flags.certificate_oidc_issuer)
    if bool(flags.key) == any(keyless) or any(keyless) != all(keyless):
        raise ToolError(
            "verify: no signer given",
            "give --key, or both --certificate-identity and --certificate-oidc-issuer",
        )
    if flags.key:
        return KeyVerifier(read_public_key(flags.key))
    # Its import takes longer than the rest.
    from tools.lib.attest.keyless import KeylessVerifier, read_trust

    return KeylessVerifier(read_trust(flags.sigstore), *keyless)


def _provenance(
    client: RepositoryClient, digest: Digest, verifier: Verifier
) -> tuple[Provenance, Source]:
    """What the signer says of an image that is built from a commit; the latest of several."""
    statements = verified_statements(Referrers(client), digest, PROVENANCE, verifier)
    found = parse_provenance(statements[-1].predicate, f"{digest}: provenance")
    if found.source is None:
        raise ToolError(f"{digest}: the provenance names no commit", "it is not that of a release")
    return found, found.source


def _describe(provenance: Provenance, source: Source, verifier: Verifier) -> None:
    print(f"signed by: {verifier.identity}")
    print(f"built by: {provenance.builder.id if provenance.builder else 'unknown'}")
    print(f"built from: {provenance.target} at {source.commit} of {source.repository}")
    print(f"materials: {len(provenance.materials)} downloads")


def _rebuild(
    repository: Repository,
    digest: Digest,
    provenance: Provenance,
    source: Source,
    flags: _Flags,
    progress: Progress,
) -> None:
    """Compares with a rebuild.

    Raises:
        ToolError: the rebuilt image differs, or could not be built.
    """
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY", "")
    if not workspace:
        raise ToolError("BUILD_WORKSPACE_DIRECTORY is not set", "run ./knife verify")
    progress.say(f"building {provenance.target} at {source.commit}")
    with rebuilt_images(workspace, source.commit, provenance) as rebuilt:
        print(f"rebuilt: {rebuilt.digest}")
        if rebuilt.digest == digest:
            print("the rebuilt image is the same")
            return
        with tempfile.TemporaryDirectory(prefix="verify-") as scratch:
            name = f"{repository}@{digest}"
            published = registry_images(name, scratch, insecure=flags.insecure, notice=progress.say)
            print(render_text(compare_sets(published, rebuilt)), end="")
    raise ToolError(
        f"{name}: a rebuild gives {rebuilt.digest}",
        "the output above says what differs; the builder, or the packages that it got, differ",
    )


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
