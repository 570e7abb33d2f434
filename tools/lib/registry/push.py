"""Pushes an image or an index: blobs, then manifests, then the index, and tags last.

So no manifest refers to what is missing, and no tag names what is not whole. What the registry has
is not sent again: a push that was killed goes on with the blobs that are missing. A blob that is in
another repository is mounted from there, or downloaded if it cannot be.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from tools.lib.cli.parallel import in_parallel
from tools.lib.cli.progress import Progress
from tools.lib.registry.blob_locations import BlobLocations
from tools.lib.registry.blob_source import BlobSource
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.content import Content, ManifestContent
from tools.lib.registry.origins import Origins
from tools.lib.registry.push_blob import push_blob

_THREADS = 6


@dataclass(slots=True)
class PushReport:
    """What a push did. Sizes are in bytes."""

    uploaded: int = 0
    uploaded_bytes: int = 0
    mounted: int = 0
    present: int = 0
    manifests: int = 0
    tags: int = 0

    def __str__(self) -> str:
        return (
            f"{self.uploaded} blobs sent ({self.uploaded_bytes / 1e6:.1f} MB), "
            f"{self.mounted} mounted, {self.present} present"
        )


def push(
    client: RepositoryClient,
    content: Content,
    tags: Sequence[str],
    progress: Progress,
    locations: BlobLocations | None = None,
    origins: Origins | None = None,
) -> PushReport:
    """Pushes an image or an index, and sets tags.

    Args:
        client: the repository, which may be written.
        content: what to push.
        tags: names that it gets; [] to push it by its digest alone.
        progress: is told what was done.
        locations: shared by pushes to several repositories of one registry.
        origins: downloads blobs that are in other repositories.

    Raises:
        ToolError: the push failed. Tags that were not set yet are as before.
    """
    locations, origins = locations or BlobLocations(), origins or Origins(progress.say)
    return _Push(client, content, progress, locations, origins).run(tags)


class _Push:
    def __init__(
        self,
        client: RepositoryClient,
        content: Content,
        progress: Progress,
        locations: BlobLocations,
        origins: Origins,
    ) -> None:
        self._client = client
        self._content = content
        self._progress = progress
        self._locations = locations
        self._origins = origins
        self._path = client.repository.path
        self._report = PushReport()
        self._lock = threading.Lock()

    def run(self, tags: Sequence[str]) -> PushReport:
        missing = self._missing()
        blobs = {blob.digest: blob for each in missing for blob in each.blobs}
        # Large blobs first: the last one to end is then a small one.
        ordered = sorted(blobs.values(), key=lambda blob: (-blob.size, blob.digest))
        in_parallel(self._bring, ordered, _THREADS)
        images = [each for each in missing if each.blobs]
        in_parallel(self._put, images, _THREADS)
        for each in missing:  # indexes refer to what is before them
            if not each.blobs:
                self._put(each)
        for tag in tags:
            self._tag(tag)
        return self._report

    def _missing(self) -> list[ManifestContent]:
        """The manifests that the repository does not have, in their order.

        A manifest that it has is whole: a registry takes none whose blobs are missing.
        """

        def exists(each: ManifestContent) -> bool:
            digest = each.document.digest
            return self._client.head_manifest(digest) == digest

        manifests = self._content.manifests
        if exists(manifests[-1]):
            for digest in self._content.blobs:
                self._locations.add(digest, self._path)
            return []
        found = in_parallel(exists, manifests[:-1], _THREADS)
        for each, is_there in zip(manifests[:-1], found, strict=True):
            if is_there:
                for blob in each.blobs:
                    self._locations.add(blob.digest, self._path)
        return [
            each for each, is_there in zip(manifests, [*found, False], strict=True) if not is_there
        ]

    def _bring(self, blob: BlobSource) -> None:
        short = blob.digest.removeprefix("sha256:")[:12]
        with self._locations.lock(blob.digest):
            way = push_blob(
                self._client, blob, self._locations, self._progress, origins=self._origins
            )
        if way != "present":
            self._progress.say(f"{self._path}: {way} blob {short}, {blob.size} bytes")
        with self._lock:
            match way:
                case "present":
                    self._report.present += 1
                case "mounted":
                    self._report.mounted += 1
                case "sent":
                    self._report.uploaded += 1
                    self._report.uploaded_bytes += blob.size

    def _put(self, each: ManifestContent) -> None:
        self._client.put_manifest(each.document, each.document.digest)
        self._progress.say(f"{self._path}: pushed manifest {each.document.digest}")
        with self._lock:
            self._report.manifests += 1

    def _tag(self, tag: str) -> None:
        root = self._content.root
        if self._client.head_manifest(tag) == root.digest:
            return
        self._client.put_manifest(root, tag)
        self._progress.say(f"{self._path}: tagged {tag}")
        self._report.tags += 1
