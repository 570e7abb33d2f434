"""Compresses the bytes of a blob, or of a layer, in members."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import IO, TYPE_CHECKING, NamedTuple

from tools.lib.archive.compress import MEMBER, Compression, compressor
from tools.lib.part.part import Chunk

if TYPE_CHECKING:
    from tools.lib.part.layer_entry import Piece

_MAX_THREADS = 4
"""Each holds a member in memory, before and after compression."""


class _Member(NamedTuple):
    """A member: its bytes, and the function that waits for them to be compressed."""

    data: bytearray
    compressed: Callable[[], bytes]


class MemberStream:
    """Compresses what is written to it in members of bounded size.

    Full members are compressed in threads, if the machine has more than one processor: a package
    may be what a build waits for. The bytes do not depend on the number of threads.

    If `whole`, it also computes the digest of what was written, which is a layer's diff_id.
    Between `begin_chunks` and `end_chunks` it notes the members, which hold nothing else.
    """

    def __init__(self, out: IO[bytes], compression: Compression, whole: bool) -> None:
        self._out = out
        self._compression: Compression = compression
        self._compress = compressor(compression)
        # Without compression there is nothing to do beside the rest.
        processors = 1 if compression == "none" else os.cpu_count() or 1
        self._threads = min(_MAX_THREADS, processors)
        self._members: deque[_Member] = deque()
        self._bound = MEMBER[compression]
        self._pending = bytearray()
        self._sha256 = hashlib.sha256()
        self._uncompressed_sha256 = hashlib.sha256() if whole else None
        self._chunks: list[Chunk] | None = None
        self.size = 0
        self.uncompressed_size = 0

    def write(self, data: bytes) -> None:
        self.uncompressed_size += len(data)
        if self._uncompressed_sha256:
            self._uncompressed_sha256.update(data)
        self._pending += data
        while len(self._pending) >= self._bound:
            while len(self._members) >= self._threads:
                self._store_member()
            self._flush(self._bound)

    def end_member(self) -> str:
        """Writes what is pending; returns the hex sha256 of everything written so far."""
        if self._pending:
            self._flush(len(self._pending))
        while self._members:
            self._store_member()
        return self._sha256.hexdigest()

    def begin_chunks(self) -> None:
        self.end_member()
        self._chunks = []

    def end_chunks(self) -> tuple[Chunk, ...]:
        assert self._chunks is not None
        self.end_member()
        chunks, self._chunks = tuple(self._chunks), None
        return chunks

    def append(self, piece: Piece) -> None:
        """Writes what the caller has in both forms."""
        assert not self._pending
        assert not self._members
        self.uncompressed_size += len(piece.uncompressed)
        if self._uncompressed_sha256:
            self._uncompressed_sha256.update(piece.uncompressed)
        self._store(piece.stored)

    def uncompressed_sha256(self) -> str:
        """The hex sha256 of everything that was given."""
        assert self._uncompressed_sha256
        return self._uncompressed_sha256.hexdigest()

    def _flush(self, length: int) -> None:
        """Begins a member with the first bytes of those pending."""
        if length == len(self._pending):
            data, self._pending = self._pending, bytearray()
        else:
            data = self._pending[:length]
            del self._pending[:length]
        if self._threads > 1 and length == self._bound:
            # Two threads must not share a compressor of zstd.
            compressed = _compress_in_thread(compressor(self._compression), data)
        else:
            compressed = partial(self._compress, data)
        self._members.append(_Member(data, compressed))

    def _store_member(self) -> None:
        """Writes the oldest member that has not been written."""
        data, compressed = self._members.popleft()
        member = compressed()
        if self._chunks is not None:
            sha256 = hashlib.sha256(data).hexdigest()
            self._chunks.append(Chunk(self.size, len(member), len(data), sha256))
        self._store(member)

    def _store(self, member: bytes) -> None:
        self._sha256.update(member)
        self.size += len(member)
        self._out.write(member)


def _compress_in_thread(
    compress: Callable[[bytearray], bytes], data: bytearray
) -> Callable[[], bytes]:
    """Starts a thread; returns the function that waits for the compressed member."""
    from threading import Thread  # few parts have a full member

    results: list[bytes] = []

    def run() -> None:
        with suppress(Exception):
            results.append(compress(data))

    def wait() -> bytes:
        thread.join()
        # What failed in the thread fails here again, where it is reported.
        return results[0] if results else compress(data)

    thread = Thread(target=run)
    try:
        thread.start()
    except RuntimeError:  # a limit of threads: it is compressed when it is needed
        return partial(compress, data)
    return wait
