"""What the readers of tar archives and of their sparse files share: fields, and places of data."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

ReadAt = Callable[[int, int], bytes]
"""Bytes at an offset, of a length; fewer where the archive ends."""


class Extent(NamedTuple):
    """A piece of a file: its place in the file, its place in the archive, its length."""

    position: int
    offset: int
    length: int


def text(field: bytes) -> bytes:
    """The text in a header's field, which a NUL ends unless it is full."""
    return field.partition(b"\0")[0]


def number(field: bytes) -> int:
    """The number in a header's field; a ValueError if there is none."""
    if field[0] & 0x80:  # GNU: base 256, two's complement
        return int.from_bytes(field, "big", signed=True) + (
            1 << (8 * len(field) - 1) if field[0] < 0xFF else 0
        )
    digits = text(field).strip(b" ")
    if digits and not digits.isdigit():  # int() takes more
        raise ValueError(digits)
    return int(digits or b"0", 8)
