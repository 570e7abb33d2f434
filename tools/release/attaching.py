"""Signs what is not signed, and attaches what describes the images, in all repositories.

An image or an index is signed once, whatever the number of its repositories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.lib.attest.statement import SIGNATURE
from tools.lib.cli.parallel import in_parallel
from tools.lib.cli.progress import Progress
from tools.lib.oci.descriptor import Descriptor, Digest, digest_of
from tools.lib.registry.blob_locations import BlobLocations
from tools.lib.registry.referrers import EMPTY_DIGEST, Artifact
from tools.release.content import Predicate, ReleaseContent
from tools.release.recognizing import Listed, find_attached
from tools.release.report import Counts, ReleaseReport, Steps
from tools.release.signing import Signing
from tools.release.survey import THREADS, Destination


@dataclass(frozen=True, slots=True)
class Missing:
    """What is not attached to an image or an index in one repository.

    Attributes:
        destination: the repository.
        digest: the image or the index.
        listed: the manifests that are listed as attached to it.
        predicates: what is not signed.
        artifacts: what is attached unsigned, and is missing.
    """

    destination: Destination
    digest: Digest
    listed: frozenset[Digest]
    predicates: tuple[Predicate, ...]
    artifacts: tuple[Artifact, ...]

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
        self._report = report
        self._progress = progress

    def find(self) -> list[list[Missing]]:
        """What is missing: a list for each image and index that lacks something somewhere.

        It has all repositories of the image: the bundles are the same.
        """
        wanted = list(self._content.repositories_by_digest().items())
        steps = Steps(self._progress, "signatures looked for", len(wanted))

        def find(item: tuple[Digest, Sequence[str]]) -> list[Missing]:
            digest, names = item
            found = self._missing(digest, [self._destinations[name] for name in names])
            steps.done()
            return found

        found = in_parallel(find, wanted, THREADS)
        return [items for items in found if any(each.count for each in items)]

    def run(self) -> None:
        """Attaches what is missing."""
        missing = self.find()
        steps = Steps(self._progress, "images and indexes signed", len(missing))

        def attach(items: list[Missing]) -> None:
            self._attach(items)
            steps.done()

        in_parallel(attach, missing, THREADS)

    def _missing(self, digest: Digest, destinations: Sequence[Destination]) -> list[Missing]:
        subject = self._content.descriptor(digest)
        lists = [self._list(each, digest) for each in destinations]
        missing: list[list[Predicate]] = [[] for _ in destinations]
        for predicate in (Predicate(SIGNATURE, ""), *self._content.predicates.get(digest, ())):
            attached = find_attached(self._signing, subject, predicate, lists)
            for listed, predicates in zip(lists, missing, strict=True):
                if not listed.has(attached):
                    predicates.append(predicate)
        return [
            Missing(
                destination,
                digest,
                listed.digests,
                tuple(predicates),
                self._missing_artifacts(digest, listed),
            )
            for destination, listed, predicates in zip(destinations, lists, missing, strict=True)
        ]

    def _list(self, destination: Destination, digest: Digest) -> Listed:
        descriptors: tuple[Descriptor, ...] = ()
        if digest in destination.present:  # else nothing can be attached to it
            descriptors = destination.referrers.list(digest)
        if descriptors:
            self._locations.add(EMPTY_DIGEST, destination.client.repository.path)
        return Listed(destination.referrers, descriptors)

    def _missing_artifacts(self, digest: Digest, listed: Listed) -> tuple[Artifact, ...]:
        artifact = self._content.artifacts.get(digest)
        if artifact is None:
            return ()
        manifest = artifact.manifest(self._content.descriptor(digest))
        return () if listed.has({digest_of(manifest)}) else (artifact,)

    def _attach(self, items: Sequence[Missing]) -> None:
        digest = items[0].digest
        subject = self._content.descriptor(digest)
        # Some are megabytes: they are kept until all repositories have them, and no longer.
        needed = dict.fromkeys(predicate for each in items for predicate in each.predicates)
        artifacts = {each: self._signing.sign(digest, each) for each in needed}
        for artifact in artifacts.values():
            manifest = digest_of(artifact.manifest(subject))
            for each in items:
                if manifest in each.listed:
                    path = each.destination.client.repository.path
                    self._locations.add(digest_of(artifact.data), path)
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
