"""Reads the ELF headers of a file in an uncompressed tar archive."""

from __future__ import annotations

import bisect

from tools.lib.archive.extents import Extent, ReadAt
from tools.lib.archive.tar_member import TarMember
from tools.lib.elf.elf_file import MAGIC, ElfInfo, parse_elf


def parse_elf_member(member: TarMember, read_at: ReadAt) -> ElfInfo | None:
    """Returns what the file's headers say, None if it is not a well-formed ELF file.

    Args:
        member: the file.
        read_at: the archive.

    Raises:
        ToolError: see `parse_elf`.
    """

    if member.entry.size < len(MAGIC):
        return None  # of most packages these are symlinks and empty files

    def read(offset: int, length: int) -> bytes:
        return _read_file(member, read_at, offset, length)

    if read(0, len(MAGIC)) != MAGIC:
        return None
    return parse_elf(read, member.entry.path)


def _read_file(member: TarMember, read_at: ReadAt, offset: int, length: int) -> bytes:
    """Bytes of a file at an offset, fewer where it ends. Between its extents are zeros."""
    extents, end = member.extents, min(offset + length, member.entry.size)
    if len(extents) == 1 and extents[0].length == member.entry.size:
        return read_at(extents[0].offset + offset, end - offset) if offset < end else b""
    data = bytearray(max(0, end - offset))
    first = bisect.bisect_right(extents, offset, key=_position)
    for extent in extents[max(0, first - 1) :]:
        if extent.position >= end:
            break
        start, stop = max(offset, extent.position), min(end, extent.position + extent.length)
        if start < stop:
            piece = read_at(extent.offset + start - extent.position, stop - start)
            data[start - offset : stop - offset] = piece
    return bytes(data)


def _position(extent: Extent) -> int:
    return extent.position
