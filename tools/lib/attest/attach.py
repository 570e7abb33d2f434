"""Signatures and attestations of manifests in a registry: attached as cosign 3 does, and listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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


def bundle_artifact(
    bundle: bytes, predicate_type: str = "", annotations: Mapping[str, str] | None = None
) -> Artifact:
    """The artifact that attaches a bundle, with the annotations of cosign less the time.

    Args:
        bundle: the bundle.
        predicate_type: that of its statement; "" to read it, which takes a while for an SBOM.
        annotations: further annotations.
    """
    if not predicate_type:
        predicate_type = parse_statement(statement_of(bundle, "bundle"), "bundle").predicate_type
    own = {"dev.sigstore.bundle.content": "dsse-envelope", PREDICATE_TYPE: predicate_type}
    return Artifact(BUNDLE, bundle, {**(annotations or {}), **own})


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
        # cosign 3.1 lists its bundles with the type of their config.
        if artifact_type_of(referrer) not in (BUNDLE, EMPTY, ""):
            continue
        listed = referrer.annotations.get(PREDICATE_TYPE)
        if listed and predicate_types is not None and listed not in predicate_types:
            continue
        if (found := _read(referrers, referrer)) is None:
            continue
        if predicate_types is None or found.predicate_type in predicate_types:
            yield found


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


def _read(referrers: Referrers, referrer: Descriptor) -> Attached | None:
    """A bundle; None if the referrer is another artifact, or damaged."""
    try:
        artifact = referrers.read(referrer)
        if artifact.artifact_type != BUNDLE:
            return None
        statement = parse_statement(statement_of(artifact.data, "bundle"), "bundle")
    except NotFoundError:
        return None
    except RegistryError:
        raise
    except ToolError:
        return None
    return Attached(referrer, statement.predicate_type, artifact.data)
