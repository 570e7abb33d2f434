"""Reads a layer's tar from its file in one pass: decompression, digests and entries."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tools.lib.archive import tar_reader
from tools.lib.archive.decompress import SUFFIXES, HashingReader, bounded, chunks, detect
from tools.lib.archive.forward import ForwardReader
from tools.lib.archive.limits import layer_limits
from tools.lib.archive.tar_entry import BLOCK
from tools.lib.archive.tar_member import TarMember


@dataclass(frozen=True, slots=True)
class StreamDigests:
    """SHA-256 in hexadecimal digits, and sizes in bytes, of the file and of the tar in it."""

    compressed: str
    uncompressed: str
    size: int
    uncompressed_size: int


class TarStream:
    """A tar in a file, plain or compressed with gzip or zstd. Memory: a few chunks of a megabyte.

    Args:
        source: the file, which is read once from its start to its end.
        max_size: bytes of the tar, and of all its files; see `limits.layer_limits`.
        hint: what the user can do about a tar that exceeds a limit.

    Raises:
        ToolError: it is compressed in a way that layers must not be.
    """

    def __init__(self, source: BinaryIO, max_size: int | None = None, hint: str = "") -> None:
        self.compression = detect(source.read(BLOCK))
        self._size = source.seek(0, os.SEEK_END)
        source.seek(0)
        self._source = source
        self._limits = layer_limits(self._size, max_size, hint)
        self._compressed = hashlib.sha256()
        self._uncompressed = hashlib.sha256()
        self._uncompressed_size = 0
        self._forward = ForwardReader(self._chunks())
        self.read_at = self._forward.read_at
        """Reads the data of the entry that was yielded last."""

    def members(self) -> Iterator[TarMember]:
        """Yields the entries; see `tar_reader.members`."""
        return tar_reader.members(self.read_at, None, self._limits, for_runtime=True)

    def digests(self) -> StreamDigests:
        """Reads what is left, and returns the digests of all."""
        self._forward.drain()
        uncompressed = self._uncompressed.hexdigest()
        is_plain = self.compression == "none"
        return StreamDigests(
            uncompressed if is_plain else self._compressed.hexdigest(),
            uncompressed,
            self._size,
            self._uncompressed_size,
        )

    def _chunks(self) -> Iterator[bytes]:
        is_plain = self.compression == "none"  # then one digest is the other
        source = self._source if is_plain else HashingReader(self._source, self._compressed.update)
        plain = chunks(source, SUFFIXES[self.compression])
        for chunk in bounded(plain, self._limits.size):
            self._uncompressed.update(chunk)
            self._uncompressed_size += len(chunk)
            yield chunk
