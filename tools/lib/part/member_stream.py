"""Compresses the bytes of a blob, or of a layer, in members."""

from __future__ import annotations

import hashlib
from typing import IO, TYPE_CHECKING

from tools.lib.archive.compress import MEMBER, Compression, compressor
from tools.lib.part.part import Chunk

if TYPE_CHECKING:
    from tools.lib.part.layer_entry import Piece


class MemberStream:
    """Compresses what is written to it in members of bounded size.

    If `whole`, it also computes the digest of what was written, which is a layer's diff_id.
    Between `begin_chunks` and `end_chunks` it notes the members, which hold nothing else.
    """

    def __init__(self, out: IO[bytes], compression: Compression, whole: bool) -> None:
        self._out = out
        self._compress = compressor(compression)
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
            self._flush(self._bound)

    def end_member(self) -> str:
        """Writes what is pending; returns the hex sha256 of everything written so far."""
        if self._pending:
            self._flush(len(self._pending))
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
        self.uncompressed_size += len(piece.uncompressed)
        if self._uncompressed_sha256:
            self._uncompressed_sha256.update(piece.uncompressed)
        self._store(piece.stored)

    def uncompressed_sha256(self) -> str:
        """The hex sha256 of everything that was given."""
        assert self._uncompressed_sha256
        return self._uncompressed_sha256.hexdigest()

    def _flush(self, length: int) -> None:
        data = self._pending[:length]
        member = self._compress(data)
        del self._pending[:length]
        if self._chunks is not None:
            sha256 = hashlib.sha256(data).hexdigest()
            self._chunks.append(Chunk(self.size, len(member), length, sha256))
        self._store(member)

    def _store(self, member: bytes) -> None:
        self._sha256.update(member)
        self.size += len(member)
        self._out.write(member)
