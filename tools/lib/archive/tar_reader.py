"""Reads tar archives strictly: ustar, pax, and GNU's extensions.

One reader serves archives whose bytes can be read at any offset, and streams (see `forward`), whose
offsets must grow. Sources of the formats: POSIX.1-2017, pax(1); GNU tar's manual, "Basic Tar
Format" and "Extensions".

What it accepts, GNU tar, dpkg-deb, Go's archive/tar and Python's tarfile read the same way. What
they would read differently is an error: such an archive could show one file to a scanner and
another to the container runtime. Owners are numbers; runtimes ignore their names.
"""

from __future__ import annotations

from collections.abc import Iterator

from tools.lib.archive import tar_header, tar_pax
from tools.lib.archive.extents import DataMap, Extent, ReadAt
from tools.lib.archive.limits import DEFAULT_LIMITS, MAX_EXTENDED_HEADER, ArchiveLimits
from tools.lib.archive.tar_entry import BLOCK, TarEntry
from tools.lib.archive.tar_header import TarHeader
from tools.lib.archive.tar_member import (
    EntryHeaders,
    TarMember,
    build_entry,
    entry_type,
    relative,
    stored_size,
)
from tools.lib.archive.tar_pax import PaxHeader
from tools.lib.archive.tar_sparse import read_old, read_pax
from tools.lib.cli.errors import ToolError

_CHUNK = 1 << 20
_ZEROS = bytes(BLOCK)
_NO_EXTENTS: tuple[Extent, ...] = ()
# A pax header of a usual writer has at most so many records; more of them count as more entries.
_RECORDS_PER_ENTRY = 8


def members(
    read_at: ReadAt,
    end: int | None = None,
    limits: ArchiveLimits = DEFAULT_LIMITS,
    *,
    for_runtime: bool = False,
) -> Iterator[TarMember]:
    """Yields the entries of an archive, in its order. Paths are relative to its root.

    Args:
        read_at: reads the archive. The data of an entry of a stream must be read before the next
            entry is asked for.
        end: bytes of the archive, if that is known.
        limits: how much the archive may contain.
        for_runtime: whether container runtimes will read the archive as it is. They cannot unpack
            sparse files in the old GNU format.

    Raises:
        ToolError: it is not a tar archive, is damaged or ambiguous, exceeds a limit, or has a name
            that leads out of the root.
    """
    return _Reader(read_at, end, limits, for_runtime).members()


def content(member: TarMember, read_at: ReadAt) -> Iterator[bytes]:
    """Yields the data of a file, at most a megabyte at a time; holes are zeros.

    Raises:
        ToolError: the archive is truncated.
    """
    if len(member.extents) == 1 and member.extents[0].length == member.entry.size <= _CHUNK:
        yield _read(member, read_at, member.extents[0].offset, member.entry.size)
        return
    position = 0
    for extent in (*member.extents, Extent(member.entry.size, 0, 0)):
        for hole in _steps(extent.position - position):
            yield bytes(hole)
        at = extent.offset
        for step in _steps(extent.length):
            yield _read(member, read_at, at, step)
            at += step
        position = extent.position + extent.length


def _read(member: TarMember, read_at: ReadAt, offset: int, length: int) -> bytes:
    data = read_at(offset, length)
    if len(data) != length:
        raise ToolError(f"{member.entry.path}: truncated: its data is incomplete")
    return data


def _steps(length: int) -> Iterator[int]:
    while length > 0:
        yield min(length, _CHUNK)
        length -= _CHUNK


class _Reader:
    """Walks through the headers of one archive."""

    def __init__(
        self, read_at: ReadAt, end: int | None, limits: ArchiveLimits, for_runtime: bool
    ) -> None:
        self._read_at = read_at
        self._end = end
        self._limits = limits
        self._for_runtime = for_runtime
        self._offset = 0  # of the next header
        self._size = self._entries = self._names = 0  # so far, see ArchiveLimits
        # Headers that are about the next entry.
        self._pax: PaxHeader | None = None
        self._long_name: bytes | None = None
        self._long_link: bytes | None = None

    def members(self) -> Iterator[TarMember]:
        while block := self._next_block():
            if not tar_header.has_checksum(block):
                raise ToolError(
                    f"damaged: no tar header at byte {self._offset}"
                    if self._offset
                    else "not a tar archive"
                )
            try:
                header = tar_header.parse(block)
            except ToolError as error:
                where = f"tar header at byte {self._offset}"
                raise ToolError(f"{where}: {error.message}") from None
            self._offset += BLOCK
            if header.typeflag in b"xgLK":
                self._read_extended(header)
            else:
                yield self._member(block, header)
        if self._pending:
            raise ToolError("damaged: the archive ends after an extended header")

    @property
    def _pending(self) -> bool:
        extended = (self._pax, self._long_name, self._long_link)
        return any(each is not None for each in extended)

    def _next_block(self) -> bytes:
        """Reads the next header block; empty at the end of the archive."""
        block = self._read_at(self._offset, BLOCK)
        if len(block) < BLOCK:
            if not self._offset:
                raise ToolError("not a tar archive" if block else "empty, not a tar archive")
            raise ToolError(
                f"truncated: the archive ends before byte {self._offset + BLOCK}, "
                "without an end-of-archive mark"
            )
        if block != _ZEROS:
            return block
        mark = self._offset
        self._offset += BLOCK
        while chunk := self._read_at(self._offset, _CHUNK):
            if chunk.count(0) != len(chunk):
                raise ToolError(
                    f"more data after the end-of-archive mark at byte {mark}",
                    "archives cannot be concatenated: add each by itself",
                )
            self._offset += len(chunk)
        if self._offset % BLOCK:
            raise ToolError(f"truncated: {self._offset} bytes, not a multiple of {BLOCK}")
        return b""

    def _read_extended(self, header: TarHeader) -> None:
        """Reads a header that is about the next entry, or about all entries (`g`)."""
        where = f"extended header at byte {self._offset - BLOCK}"
        if not 0 < header.size <= MAX_EXTENDED_HEADER:
            raise ToolError(
                f"{where}: {header.size} bytes, where 1 to {MAX_EXTENDED_HEADER} are allowed"
            )
        data = self._read_at(self._offset, _padded(header.size))
        if len(data) < _padded(header.size):
            raise ToolError(f"truncated: {where}: its data is incomplete")
        self._offset += len(data)
        data, padding = data[: header.size], data[header.size :]
        try:
            if any(padding):
                raise ToolError("its padding is not zero")  # Python reads it as more data
            if header.typeflag == b"x" and not self._pending:
                self._pax = tar_pax.parse(data)
            elif header.typeflag == b"g" and not self._pending:
                tar_pax.check_global(data)
            elif header.typeflag == b"L" and not self._pax and self._long_name is None:
                self._long_name = _long_text(data)
            elif header.typeflag == b"K" and not self._pax and self._long_link is None:
                self._long_link = _long_text(data)
            else:
                # Of two, Python takes the first and Go the last.
                raise ToolError("a second extended header for one entry")
        except ToolError as error:
            raise ToolError(f"{where}: {error.message}", error.hint) from None

    def _member(self, block: bytes, header: TarHeader) -> TarMember:
        headers = EntryHeaders(header, self._pax, self._long_name, self._long_link)
        self._pax = self._long_name = self._long_link = None
        path = relative(headers.name)
        try:
            kind = entry_type(headers)
            stored = stored_size(headers, kind)
            if self._end is not None and self._offset + stored > self._end:
                left = self._end - self._offset
                raise ToolError(f"truncated: {stored} bytes of data announced, {left} left")
            size = stored
            extents = (Extent(0, self._offset, stored),) if stored else _NO_EXTENTS
            if headers.is_sparse:
                data = self._sparse_map(block, headers, stored)
                size, extents = data.size, data.extents
            entry = build_entry(headers, path, kind, size)
        except ToolError as error:
            raise ToolError(f"{path or 'the root'}: {error.message}", error.hint) from None
        self._count(entry, len(extents), headers.records.count)
        self._offset += _padded(stored)
        return TarMember(entry, extents)

    def _sparse_map(self, block: bytes, headers: EntryHeaders, stored: int) -> DataMap:
        """Reads where the data is; moves on past the map of the old format, which precedes it."""
        own = headers.own
        # GNU tar ignores maps in pax headers before a header in another format.
        if own.typeflag in b"0\0" and own.format == "ustar":
            return read_pax(self._read_at, headers.records, self._offset, stored)
        if own.typeflag != b"S" or headers.pax or own.format != "gnu":
            raise ToolError("the map of a sparse file for another type of entry")
        if self._for_runtime:
            raise ToolError(
                "a sparse file in the old GNU format, which container runtimes cannot unpack",
                "create the archive with tar --format=posix",
            )
        data = read_old(self._read_at, block, self._offset, stored)
        self._offset = data.offset
        return data

    def _count(self, entry: TarEntry, extents: int, records: int) -> None:
        self._size += entry.size
        self._entries += max(1, extents, records // _RECORDS_PER_ENTRY)
        self._names += len(entry.path) + len(entry.link)
        if entry.xattrs:
            self._names += sum(len(name) + len(value) for name, value in entry.xattrs.items())
        limits = self._limits
        if self._size > limits.size:
            raise ToolError(f"more than {limits.size} bytes of files", limits.hint)
        if self._entries > limits.entries:
            raise ToolError(f"more than {limits.entries} entries", limits.hint)
        if self._names > limits.names:
            raise ToolError(f"more than {limits.names} bytes of names", limits.hint)


def _padded(size: int) -> int:
    return size + -size % BLOCK


def _long_text(data: bytes) -> bytes:
    """The name in a header of type `L` or `K`."""
    text = data.rstrip(b"\0")
    if not text or b"\0" in text:
        raise ToolError("a long name that is empty or contains a NUL")
    return text
