"""Where the data of files is in an uncompressed archive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

ReadAt = Callable[[int, int], bytes]
"""Reads bytes at an offset, of a length; fewer where the archive ends."""


@dataclass(frozen=True, slots=True)
class Extent:
    """A piece of a file: its place in the file, its place in the archive, its length."""

    position: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class DataMap:
    """The size of a file, holes included, and its pieces. `offset` is where their data begins."""

    size: int
    extents: tuple[Extent, ...]
    offset: int
