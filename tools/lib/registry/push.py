"""Pushes an image or an index: blobs, then manifests, then the index, and tags last.

So no manifest refers to what is missing, and no tag names what is not whole. What the registry has
is not sent again: a push that was killed goes on with the blobs that are missing.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from tools.lib.cli.parallel import in_parallel
from tools.lib.cli.progress import Progress
from tools.lib.oci.descriptor import Digest
from tools.lib.registry.blob_source import BlobSource
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.content import Content, ManifestContent
from tools.lib.registry.upload import mount_blob, upload_blob

_THREADS = 6


class BlobLocations:
    """Which repositories of a registry have which blobs, as far as is known.

    Pushes to several repositories share one: a blob is uploaded to the first of them and mounted
    from there to the others, also when they run at the same time.

    Args:
        sources: paths of repositories that may have any blob; mounts from them are tried.
    """

    def __init__(self, sources: Sequence[str] = ()) -> None:
        self._sources = tuple(sources)
        self._lock = threading.Lock()
        self._locks: dict[Digest, threading.Lock] = {}
        self._known: dict[Digest, list[str]] = {}

    def lock(self, digest: Digest) -> threading.Lock:
        """Held while a blob is brought to a repository."""
        with self._lock:
            return self._locks.setdefault(digest, threading.Lock())

    def add(self, digest: Digest, path: str) -> None:
        """Remembers that a repository has a blob."""
        with self._lock:
            paths = self._known.setdefault(digest, [])
            if path not in paths:
                paths.append(path)

    def sources(self, digest: Digest, path: str) -> list[str]:
        """Other repositories to mount a blob from, the surest first."""
        with self._lock:
            known = self._known.get(digest, [])
        return [each for each in dict.fromkeys([*known[:1], *self._sources]) if each != path]


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
) -> PushReport:
    """Pushes an image or an index, and sets tags.

    Args:
        client: the repository, which may be written.
        content: what to push.
        tags: names that it gets; [] to push it by its digest alone.
        progress: is told what was done.
        locations: shared by pushes to several repositories of one registry.

    Raises:
        ToolError: the push failed. Tags that were not set yet are as before.
    """
    return _Push(client, content, progress, locations or BlobLocations()).run(tags)


class _Push:
    def __init__(
        self,
        client: RepositoryClient,
        content: Content,
        progress: Progress,
        locations: BlobLocations,
    ) -> None:
        self._client = client
        self._content = content
        self._progress = progress
        self._locations = locations
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
            if self._client.has_blob(blob.digest):
                with self._lock:
                    self._report.present += 1
            elif source := self._mount(blob.digest):
                self._progress.say(f"{self._path}: mounted blob {short} from {source}")
                with self._lock:
                    self._report.mounted += 1
            else:
                self._progress.expect(blob.size)
                upload_blob(self._client, blob, self._progress.advance)
                self._progress.say(f"{self._path}: pushed blob {short}, {blob.size} bytes")
                with self._lock:
                    self._report.uploaded += 1
                    self._report.uploaded_bytes += blob.size
            self._locations.add(blob.digest, self._path)

    def _mount(self, digest: Digest) -> str:
        for source in self._locations.sources(digest, self._path):
            if mount_blob(self._client, digest, source):
                return source
        return ""

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
