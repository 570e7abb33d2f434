"""Reads where the data of sparse files is, in the formats of GNU tar.

Source: GNU tar's manual, "Storing Sparse Files": the old GNU format, and pax formats 0.0, 0.1 and
1.0. All is read forward only, so that it works on streams.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence

from tools.lib.archive.extents import DataMap, Extent, ReadAt
from tools.lib.archive.limits import MAX_SPARSE_EXTENTS
from tools.lib.archive.tar_entry import BLOCK
from tools.lib.archive.tar_header import number
from tools.lib.archive.tar_pax import PaxHeader, decimal
from tools.lib.cli.errors import ToolError

# Pairs of offset and length in an old header, and in each block that continues it; then a byte that
# says whether another block follows.
_OLD_MAP = struct.Struct("41x" + "12s12s" * 4 + "B12s17x")
_OLD_MORE = struct.Struct("12s12s" * 21 + "B7x")
_OLD_MAP_START = 345
_UNUSED = bytes(12)

_LINE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


def read_old(read_at: ReadAt, header: bytes, offset: int, stored: int) -> DataMap:
    """Reads the map of an entry of type `S`.

    Args:
        read_at: the archive.
        header: the header block.
        offset: where that ends.
        stored: bytes of data in the archive.

    Raises:
        ToolError: the map is damaged, or readers of the format disagree about it.
    """
    if any(header[_OLD_MAP_START : _OLD_MAP_START + 41]):
        raise _damaged("unknown fields")
    *fields, more, real_size = _OLD_MAP.unpack(header[_OLD_MAP_START:])
    numbers = _old_numbers(fields, more)
    while more:
        block = read_at(offset, BLOCK)
        if len(block) < BLOCK or len(numbers) > 2 * MAX_SPARSE_EXTENTS:
            raise _damaged("too long")
        *fields, more = _OLD_MORE.unpack(block)
        offset += BLOCK
        numbers += _old_numbers(fields, more)
    return _checked(numbers, number(real_size, "size of the sparse file"), offset, stored)


def read_pax(read_at: ReadAt, pax: PaxHeader, offset: int, stored: int) -> DataMap:
    """Reads the map of a regular file with keywords GNU.sparse.*; arguments as for `read_old`."""
    keywords = sorted(pax.sparse)
    if keywords == ["major", "minor", "name", "realsize"] and not pax.pairs:
        if (pax.sparse["major"], pax.sparse["minor"]) != (b"1", b"0"):
            raise _damaged("unknown version")
        numbers, start = _leading_map(read_at, offset, stored)
        return _checked(numbers, _number(pax, "realsize"), start, stored - (start - offset))
    if keywords == ["numblocks", "size"] and pax.pairs:
        numbers = list(pax.pairs)
    elif keywords in (["map", "numblocks", "size"], ["map", "name", "numblocks", "size"]):
        numbers = [decimal(each, b"GNU.sparse.map") for each in pax.sparse["map"].split(b",")]
    else:
        raise _damaged("an unknown combination of keywords GNU.sparse.*")
    if len(numbers) != 2 * _number(pax, "numblocks") or ("map" in keywords and pax.pairs):
        raise _damaged("the number of pieces is wrong")
    return _checked(numbers, _number(pax, "size"), offset, stored)


def _leading_map(read_at: ReadAt, offset: int, stored: int) -> tuple[list[int], int]:
    """The numbers of format 1.0, and the offset of the next block after them."""
    lines = _lines(read_at, offset, stored)
    pieces, end = next(lines)
    if pieces > MAX_SPARSE_EXTENTS:
        raise _damaged(f"{pieces} pieces")
    numbers: list[int] = []
    for _ in range(2 * pieces):
        value, end = next(lines)
        numbers.append(value)
    return numbers, end + -(end - offset) % BLOCK


def _old_numbers(fields: Sequence[bytes], more: int) -> list[int]:
    """The pairs in a header or block; the first that is empty ends the map."""
    if more > 1:
        raise _damaged("malformed")
    used = next((at for at, field in enumerate(fields) if field == _UNUSED), len(fields))
    if used % 2 or any(map(any, fields[used:])) or (more and used < len(fields)):
        raise _damaged("malformed")
    return [number(field, "map of the sparse file") for field in fields[:used]]


def _lines(read_at: ReadAt, offset: int, stored: int) -> Iterator[tuple[int, int]]:
    """The lines of format 1.0, a decimal number each, with the offsets where they end."""
    start, end = offset, offset + stored
    data, at = b"", 0
    while True:
        match = _LINE.match(data, at)
        if match:
            at = match.end()
            yield int(match[1]), start + at
        elif len(data) - at > 20 or offset >= end:
            raise _damaged("malformed")
        else:
            block = read_at(offset, min(BLOCK, end - offset))
            start, data, at = offset - (len(data) - at), data[at:] + block, 0
            offset += BLOCK


def _number(pax: PaxHeader, keyword: str) -> int:
    return decimal(pax.sparse[keyword], b"GNU.sparse." + keyword.encode())


def _checked(numbers: Sequence[int], size: int, offset: int, stored: int) -> DataMap:
    start = offset
    extents: list[Extent] = []
    end = 0
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    if not pairs or len(pairs) > MAX_SPARSE_EXTENTS:
        raise _damaged(f"{len(pairs)} pieces")
    for position, length in pairs:
        # GNU tar starts each piece at a new block, and cuts the file off after the last piece. Go
        # and Python do neither.
        if position < end or (length and (offset - start) % BLOCK):
            raise _damaged("the pieces are out of order, or not aligned")
        if length:
            extents.append(Extent(position, offset, length))
        offset += length
        end = position + length
    if end != size or offset - start != stored:
        raise _damaged("the pieces do not fit the size")
    return DataMap(size, tuple(extents), start)


def _damaged(why: str) -> ToolError:
    return ToolError(f"invalid map of a sparse file: {why}")
