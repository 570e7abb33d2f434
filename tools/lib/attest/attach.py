"""Signatures and attestations of manifests in a registry: attached as cosign 3 does, and listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.lib.attest.bundle import BUNDLE, statement_of
from tools.lib.attest.signer import VerificationError, Verifier
from tools.lib.attest.statement import Statement, parse_statement
from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Descriptor, Digest
from tools.lib.registry.errors import NotFoundError, RegistryError
from tools.lib.registry.push import PushReport
from tools.lib.registry.referrers import EMPTY, Artifact, Referrers, artifact_type_of

PREDICATE_TYPE = "dev.sigstore.bundle.predicateType"
"""The annotation of an artifact that says the predicate type of its bundle."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A bundle that is attached to a manifest. Nothing of it is verified."""

    referrer: Descriptor
    predicate_type: str
    bundle: bytes


def bundle_artifact(bundle: bytes, predicate_type: str = "") -> Artifact:
    """The artifact that attaches a bundle, with the annotations of cosign less the time.

    Args:
        bundle: the bundle.
        predicate_type: that of its statement; "" to read it, which takes a while for an SBOM.
    """
    if not predicate_type:
        predicate_type = parse_statement(statement_of(bundle, "bundle"), "bundle").predicate_type
    annotations = {"dev.sigstore.bundle.content": "dsse-envelope", PREDICATE_TYPE: predicate_type}
    return Artifact(BUNDLE, bundle, annotations)


def attach(referrers: Referrers, subject: Descriptor, bundles: Sequence[bytes]) -> PushReport:
    """Attaches bundles to a manifest, unless these very bundles are attached."""
    return referrers.push(subject, [bundle_artifact(each) for each in bundles])


def list_attached(
    referrers: Referrers, subject: Digest, predicate_types: set[str] | None = None
) -> Iterator[Attached]:
    """The bundles that are attached to a manifest, of the given predicate types or of all.

    What is not a bundle, or a damaged one, is left out.
    """
    for referrer in referrers.list(subject):
        if not may_be_bundle(referrer, predicate_types):
            continue
        bundle = read_bundle(referrers, referrer)
        if bundle is None or (statement := _read_statement(bundle)) is None:
            continue
        if predicate_types is None or statement.predicate_type in predicate_types:
            yield Attached(referrer, statement.predicate_type, bundle)


def may_be_bundle(referrer: Descriptor, predicate_types: set[str] | None = None) -> bool:
    """Whether a referrer can be a bundle of one of these predicate types, by the list alone."""
    # cosign 3.1 lists its bundles with the type of their config.
    if artifact_type_of(referrer) not in (BUNDLE, EMPTY, ""):
        return False
    listed = referrer.annotations.get(PREDICATE_TYPE)
    return not listed or predicate_types is None or listed in predicate_types


def read_bundle(referrers: Referrers, referrer: Descriptor) -> bytes | None:
    """What a referrer attaches; None if it is not a bundle, or damaged. Nothing is verified."""
    try:
        artifact = referrers.read(referrer)
    except NotFoundError:
        return None
    except RegistryError:
        raise
    except ToolError:
        return None
    return artifact.data if artifact.artifact_type == BUNDLE else None


def verified_statements(
    referrers: Referrers, subject: Digest, predicate_type: str, verifier: Verifier
) -> list[Statement]:
    """The statements of a type about a manifest that a signer signed: at least one.

    Raises:
        VerificationError: there are none; the message says what there is.
    """
    found = []
    reasons = []
    for each in list_attached(referrers, subject, {predicate_type}):
        where = f"{subject}: attestation {each.referrer.digest}"
        try:
            statement = parse_statement(verifier.verify(each.bundle, where), where)
        except VerificationError as error:
            reasons.append(error)
            continue
        if subject not in statement.subjects:
            reasons.append(VerificationError(f"{where}: it is about another digest"))
            continue
        found.append(statement)
    if found:
        return found
    if len(reasons) == 1:
        raise reasons[0]
    count = f"{len(reasons)} attestations, none valid" if reasons else "no attestation"
    raise VerificationError(
        f"{subject}: {count} of type {predicate_type} by {verifier.identity}",
        "cosign tree lists what is attached",
    )


def _read_statement(bundle: bytes) -> Statement | None:
    try:
        return parse_statement(statement_of(bundle, "bundle"), "bundle")
    except ToolError:
        return None
