"""Which repositories of a registry have which blobs."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from tools.lib.oci.descriptor import Digest


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
