"""Signs what is not signed, and attaches what describes the images, in all repositories.

An image or an index is signed once, whatever the number of its repositories. What is attached is
seen from the lists of referrers alone: each artifact says by an annotation who signed it. The
annotation is not signed. It only saves work: who can write it can also remove the signatures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.lib.attest.attach import PREDICATE_TYPE, bundle_artifact
from tools.lib.attest.statement import SIGNATURE, encode_statement
from tools.lib.cli.parallel import in_parallel
from tools.lib.cli.progress import Progress
from tools.lib.oci.descriptor import Descriptor, Digest, digest_of
from tools.lib.registry.blob_locations import BlobLocations
from tools.lib.registry.referrers import EMPTY_DIGEST, Artifact
from tools.release.content import Predicate, ReleaseContent
from tools.release.report import Counts, ReleaseReport, Steps
from tools.release.signing import Signing
from tools.release.survey import THREADS, Destination

SIGNER = "dev.distroless.signer"
"""The annotation that says who signed: the identity of the signer."""
PREDICATE = "dev.distroless.predicate"
"""The annotation with the digest of a predicate that may change: a VEX document."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What is not attached to an image or an index, in one repository, and what is."""

    destination: Destination
    digest: Digest
    predicates: tuple[Predicate, ...]
    artifacts: tuple[Artifact, ...]
    attached: tuple[Predicate, ...]

    @property
    def count(self) -> int:
        """How many things are to be attached."""
        return len(self.predicates) + len(self.artifacts)


class Attaching:
    """Attaches signatures and attestations.

    Args:
        content: the release.
        destinations: the repositories by name.
        locations: where blobs can be mounted from.
        signing: how they are signed.
        report: counts what is done.
        progress: shows it.
    """

    def __init__(
        self,
        content: ReleaseContent,
        destinations: Sequence[Destination],
        locations: BlobLocations,
        signing: Signing,
        report: ReleaseReport,
        progress: Progress,
    ) -> None:
        self._content = content
        self._destinations = {each.name: each for each in destinations}
        self._locations = locations
        self._signing = signing
        self._signer = signing.signer
        self._report = report
        self._progress = progress

    def find(self) -> list[list[Missing]]:
        """What is missing: a list for each image and index that lacks something somewhere.

        It has all repositories of the image: the bundles are the same.
        """
        wanted = [
            (self._destinations[name], digest)
            for digest, names in self._content.repositories_by_digest().items()
            for name in names
        ]
        steps = Steps(self._progress, "signatures looked for", len(wanted))

        def find(item: tuple[Destination, Digest]) -> Missing:
            found = self._missing(*item)
            steps.done()
            return found

        by_digest: dict[Digest, list[Missing]] = {}
        for each in in_parallel(find, wanted, THREADS):
            by_digest.setdefault(each.digest, []).append(each)
        return [items for items in by_digest.values() if any(each.count for each in items)]

    def run(self) -> None:
        """Attaches what is missing."""
        missing = self.find()
        steps = Steps(self._progress, "images and indexes signed", len(missing))

        def attach(items: list[Missing]) -> None:
            self._attach(items)
            steps.done()

        in_parallel(attach, missing, THREADS)

    def _missing(self, destination: Destination, digest: Digest) -> Missing:
        listed: tuple[Descriptor, ...] = ()
        if digest in destination.present:  # else nothing can be attached to it
            listed = destination.referrers.list(digest)
        if listed:
            self._locations.add(EMPTY_DIGEST, destination.client.repository.path)
        own = [each.annotations for each in listed if self._is_own(each)]
        attached = {(each.get(PREDICATE_TYPE), each.get(PREDICATE, "")) for each in own}
        wanted = (Predicate(SIGNATURE, ""), *self._content.predicates.get(digest, ()))
        return Missing(
            destination,
            digest,
            tuple(each for each in wanted if (each.type, each.digest) not in attached),
            self._missing_artifacts(digest, {each.digest for each in listed}),
            tuple(each for each in wanted if (each.type, each.digest) in attached),
        )

    def _is_own(self, referrer: Descriptor) -> bool:
        return referrer.annotations.get(SIGNER) == self._signer.identity

    def _missing_artifacts(self, digest: Digest, attached: set[Digest]) -> tuple[Artifact, ...]:
        artifact = self._content.artifacts.get(digest)
        if artifact is None:
            return ()
        manifest = artifact.manifest(self._content.descriptor(digest))
        return () if digest_of(manifest) in attached else (artifact,)

    def _attach(self, items: Sequence[Missing]) -> None:
        digest = items[0].digest
        subject = self._content.descriptor(digest)
        # Some are megabytes: they are kept until all repositories have them, and no longer.
        needed = dict.fromkeys(predicate for each in items for predicate in each.predicates)
        artifacts = {predicate: self._artifact(digest, predicate) for predicate in needed}
        for each in items:
            path = each.destination.client.repository.path
            for predicate in each.attached:
                if predicate in artifacts and self._signer.deterministic:  # the same bundle
                    self._locations.add(digest_of(artifacts[predicate].data), path)
        for each in items:
            if not each.count:
                continue
            signed = [artifacts[predicate] for predicate in each.predicates]
            pushed = each.destination.referrers.push(subject, [*signed, *each.artifacts])
            self._report.add(
                each.destination.name,
                Counts(
                    blobs_sent=pushed.uploaded,
                    blob_bytes=pushed.uploaded_bytes,
                    blobs_mounted=pushed.mounted,
                    blobs_present=pushed.present,
                    attestations=pushed.manifests,
                ),
            )

    def _artifact(self, digest: Digest, predicate: Predicate) -> Artifact:
        statement = encode_statement((digest,), predicate.type, self._signing.read(predicate))
        annotations = {SIGNER: self._signer.identity}
        if predicate.digest:
            annotations[PREDICATE] = predicate.digest
        return bundle_artifact(self._signer.sign(statement), predicate.type, annotations)
