"""Brings the images and indexes of a release to their repositories, by digest alone.

Each blob is sent once, to the first repository that needs it, and mounted from there to the others.
After an interrupted release, the next one chooses the same repository and finds the blob there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tools.lib.cli.parallel import in_parallel
from tools.lib.cli.progress import Progress
from tools.lib.oci.descriptor import Digest
from tools.lib.registry.blob_locations import BlobLocations
from tools.lib.registry.blob_source import BlobSource
from tools.lib.registry.content import ManifestContent
from tools.lib.registry.errors import RegistryError
from tools.lib.registry.push_blob import push_blob
from tools.release.report import Counts, ReleaseReport, Steps
from tools.release.survey import THREADS, Destination

Item = tuple[Destination, BlobSource]


class Transfer:
    """Pushes what repositories do not have.

    Args:
        destinations: the repositories.
        manifests: the images and indexes.
        locations: where blobs are; what is pushed is added.
        report: counts what is done.
        progress: shows it.
    """

    def __init__(
        self,
        destinations: Sequence[Destination],
        manifests: Mapping[Digest, ManifestContent],
        locations: BlobLocations,
        report: ReleaseReport,
        progress: Progress,
    ) -> None:
        self._destinations = destinations
        self._manifests = manifests
        self._locations = locations
        self._report = report
        self._progress = progress

    def run(self) -> None:
        """Pushes blobs, then images, then indexes."""
        first, others = self.missing_blobs()
        # Large blobs first: the last one to end is then a small one.
        first.sort(key=lambda item: (-item[1].size, item[1].digest))
        brought = self._bring(first, "blobs to send", mount_first=False)
        brought += self._bring(others, "blobs to mount", mount_first=True)
        in_parallel(self._check, brought, THREADS)
        self._put_all("images", self.missing_manifests(indexes=False))
        self._put_all("indexes", self.missing_manifests(indexes=True))

    def missing_manifests(self, *, indexes: bool) -> list[tuple[Destination, Digest]]:
        """The indexes, or the images, that repositories do not have."""
        return [
            (each, digest)
            for each in self._destinations
            for digest in dict.fromkeys(
                digest
                for index in each.planned.indexes
                for digest in (index.digests[-1:] if indexes else index.digests[:-1])
            )
            if digest not in each.present
        ]

    def missing_blobs(self) -> tuple[list[Item], list[Item]]:
        """The blobs that each repository needs: those to send, and those that can be mounted."""
        needed: list[Item] = []
        for each in self._destinations:
            has: dict[Digest, None] = {}
            needs: dict[Digest, BlobSource] = {}
            for index in each.planned.indexes:
                for image in index.images:
                    for blob in self._manifests[image.digest].blobs:
                        if image.digest in each.present:
                            has[blob.digest] = None
                        else:
                            needs[blob.digest] = blob
            for digest in has:
                self._locations.add(digest, each.client.repository.path)
            needed += [(each, blob) for digest, blob in needs.items() if digest not in has]
        first: list[Item] = []
        others: list[Item] = []
        sent: set[Digest] = set()
        for item in needed:
            digest = item[1].digest
            is_known = digest in sent or self._locations.sources(digest, "")
            (others if is_known else first).append(item)
            sent.add(digest)
        return first, others

    def _bring(self, items: Sequence[Item], what: str, *, mount_first: bool) -> list[Item]:
        """Brings blobs; returns those that were not there."""
        steps = Steps(self._progress, what, len(items))

        def bring(item: Item) -> bool:
            destination, blob = item
            way = push_blob(
                destination.client,
                blob,
                self._locations,
                self._progress,
                mount_first=mount_first,
            )
            counts = {
                "sent": Counts(blobs_sent=1, blob_bytes=blob.size),
                "mounted": Counts(blobs_mounted=1),
                "present": Counts(blobs_present=1),
            }
            self._report.add(destination.name, counts[way])
            steps.done()
            return way != "present"

        new = in_parallel(bring, items, THREADS)
        return [item for item, is_new in zip(items, new, strict=True) if is_new]

    def _check(self, item: Item) -> None:
        """Asks for a blob that the registry said to have taken."""
        destination, blob = item
        client = destination.client
        if not client.has_blob(blob.digest):
            raise RegistryError(
                f"{client.registry.host}/{client.where(f'blob {blob.digest}')}: missing, although "
                "the registry accepted it",
                "the registry loses blobs: check its storage, then run the release again",
            )

    def _put_all(self, what: str, items: Sequence[tuple[Destination, Digest]]) -> None:
        steps = Steps(self._progress, what, len(items))

        def put(item: tuple[Destination, Digest]) -> None:
            destination, digest = item
            destination.client.put_manifest(self._manifests[digest].document, digest)
            self._report.add(destination.name, Counts(manifests=1))
            steps.done()

        in_parallel(put, items, THREADS)
        for destination, digest in items:
            destination.present.add(digest)
