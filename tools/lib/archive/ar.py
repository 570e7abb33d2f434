"""Reads ar archives, the outermost format of a .deb.

The format is System V's, with names as GNU or BSD write them. Sources: deb(5), ar(5) of FreeBSD.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from tools.lib.cli.errors import ToolError

_MAGIC = b"!<arch>\n"
_HEADER = 60
_BSD_NAME = b"#1/"
_MAX_NAME = 256


@dataclass(frozen=True, slots=True)
class ArMember:
    """A member: its name, and where its data is in the file, in bytes."""

    name: str
    offset: int
    size: int


def members(source: IO[bytes], end: int) -> Iterator[ArMember]:
    """Yields the members of the archive in a seekable file of `end` bytes.

    Raises:
        ToolError: the file is not an ar archive, or is damaged.
    """
    source.seek(0)
    if source.read(len(_MAGIC)) != _MAGIC:
        raise ToolError("not a .deb: not an ar archive")
    offset = len(_MAGIC)
    while offset < end:
        source.seek(offset)
        header = source.read(_HEADER)
        if header == b"\n":
            return  # padding that a last member of even size does not need
        if len(header) < _HEADER or header[58:] != b"`\n":
            raise ToolError(f"damaged: no ar header at byte {offset}")
        offset += _HEADER
        size = _size(header[48:58], offset)
        if offset + size > end:
            raise ToolError(f"truncated: {offset + size} bytes announced, the file has {end}")
        name, skip = header[:16].rstrip(), 0
        if name.startswith(_BSD_NAME):
            skip = min(_size(name[len(_BSD_NAME) :], offset), size, _MAX_NAME)
            name = source.read(skip).rstrip(b"\0")
        text = name.removesuffix(b"/").decode("ascii", "backslashreplace")
        yield ArMember(text, offset + skip, size - skip)
        offset += size + size % 2


def _size(field: bytes, offset: int) -> int:
    digits = field.strip(b" ")
    if not digits.isdigit():
        raise ToolError(f"ar header at byte {offset - _HEADER}: invalid size {field!r}")
    return int(digits)
