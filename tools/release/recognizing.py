"""Finds what this signer has attached already.

Whoever can push can attach anything, and write any annotation. So only a signature counts. If the
same statement always has the same bundle, its digest in the list of referrers is proof enough;
otherwise the bundles are downloaded and verified.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.lib.attest.attach import may_be_bundle, read_bundle
from tools.lib.attest.statement import PROVENANCE
from tools.lib.oci.descriptor import Descriptor, Digest, digest_of
from tools.lib.registry.referrers import Referrers
from tools.release.content import Predicate
from tools.release.signing import Signing


@dataclass(frozen=True, slots=True)
class Listed:
    """What a repository lists as attached to an image or an index.

    Attributes:
        referrers: of the repository.
        descriptors: the list. Nothing of it is verified.
    """

    referrers: Referrers
    descriptors: tuple[Descriptor, ...]

    @property
    def digests(self) -> frozenset[Digest]:
        """The digests of what is listed."""
        return frozenset(each.digest for each in self.descriptors)

    def has(self, digests: set[Digest]) -> bool:
        """Whether one of these is listed, and is there."""
        return any(self.referrers.has(each) for each in self.digests & digests)


def find_attached(
    signing: Signing, subject: Descriptor, predicate: Predicate, places: Sequence[Listed]
) -> set[Digest]:
    """The referrers that attach a predicate signed by this signer.

    Args:
        signing: how the release is signed.
        subject: the image or the index.
        predicate: what must be said of it.
        places: the lists of all its repositories.
    """
    if not any(each.descriptors for each in places):
        return set()
    found: set[Digest] = set()
    if signing.signer.deterministic:
        manifest = signing.sign(subject.digest, predicate).manifest(subject)
        found.add(digest_of(manifest))
        # Other provenance counts too: see Signing.has_signed.
        if predicate.type != PROVENANCE:
            return found
    statement = signing.statement(subject.digest, predicate)
    for referrers, referrer in _candidates(places, predicate.type):
        if all(each.digests & found for each in places):
            break
        if referrer.digest in found:
            continue
        bundle = read_bundle(referrers, referrer)
        if bundle is not None and signing.has_signed(bundle, statement):
            found.add(referrer.digest)
    return found


def _candidates(
    places: Sequence[Listed], predicate_type: str
) -> Iterator[tuple[Referrers, Descriptor]]:
    """What may attach a predicate of a type, each once. Lists often have the newest last."""
    seen: set[Digest] = set()
    for place in places:
        for referrer in reversed(place.descriptors):
            if referrer.digest not in seen and may_be_bundle(referrer, {predicate_type}):
                seen.add(referrer.digest)
                yield place.referrers, referrer
