"""Sparse files in tar archives: where the data of GNU's formats is.

Source: GNU tar's manual, "Storing Sparse Files": old GNU format, pax formats 0.0, 0.1 and 1.0.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from tools.lib.archive.tar_entry import BLOCK
from tools.lib.archive.tar_fields import Extent, ReadAt, number
from tools.lib.cli.errors import ToolError

# An old header holds 4 pairs of numbers and each block after it 21.
_OLD_PAIRS = struct.Struct("386x" + "12s12s" * 4 + "?12s17x")
_OLD_MORE = struct.Struct("12s12s" * 21 + "?7x")
# A map of this many pairs is of a file with more holes than a package has.
_MAX_NUMBERS = 1 << 17


def extents(
    read_at: ReadAt,
    offset: int,
    stored: int,
    old_header: bytes | None,
    records: Mapping[bytes, bytes],
    path: str,
) -> tuple[int, tuple[Extent, ...], int]:
    """Size of the whole file, where its pieces are, and the offset of what follows them.

    Args:
        read_at: the archive.
        offset: where the header ends.
        stored: bytes that the archive has of the file.
        old_header: the header block, if it is of the old GNU format.
        records: keywords of the pax headers.
        path: for errors.

    Raises:
        ToolError: the map of the pieces makes no sense.
    """
    try:
        at = offset
        if old_header is not None:
            numbers, size, at = _old(read_at, offset, old_header)
            following = at + stored + -stored % BLOCK
        else:
            following = offset + stored + -stored % BLOCK
            if b"GNU.sparse.map" in records:
                numbers = [int(each) for each in records[b"GNU.sparse.map"].split(b",")]
                size = int(records[b"GNU.sparse.size"])
            else:
                numbers, at = _leading_map(read_at, offset, stored)
                size = int(records[b"GNU.sparse.realsize"])
                stored -= at - offset
        return size, _check(numbers, size, at, stored), following
    except (ValueError, KeyError, struct.error):
        raise ToolError(f"{path}: the map of the sparse file is damaged") from None


def _old(read_at: ReadAt, offset: int, header: bytes) -> tuple[list[int], int, int]:
    *fields, more, size = _OLD_PAIRS.unpack(header)
    while more:
        *further, more = _OLD_MORE.unpack(read_at(offset, BLOCK))
        fields += further
        offset += BLOCK
        if len(fields) > _MAX_NUMBERS:
            raise ValueError
    return [number(each) for each in fields if each[0]], number(size), offset


def _leading_map(read_at: ReadAt, offset: int, stored: int) -> tuple[list[int], int]:
    """Format 1.0: decimal numbers, a line each, before the data and padded to a block."""
    data = read_at(offset, min(stored, _MAX_NUMBERS * 4))
    count, _, rest = data.partition(b"\n")
    if int(count) * 2 > _MAX_NUMBERS:
        raise ValueError
    lines = rest.split(b"\n", int(count) * 2)
    length = len(data) - len(lines.pop())
    return [int(line) for line in lines], offset + length + -length % BLOCK


def _check(numbers: Sequence[int], size: int, offset: int, stored: int) -> tuple[Extent, ...]:
    if len(numbers) % 2:
        raise ValueError
    found: list[Extent] = []
    end = 0
    for position, length in zip(numbers[::2], numbers[1::2], strict=True):
        if position < end or length < 0:
            raise ValueError
        if length:
            found.append(Extent(position, offset, length))
        offset += length
        stored -= length
        end = position + length
    if stored or end > size:
        raise ValueError
    return tuple(found)
