"""Reads ar archives, the outermost format of a .deb: System V's, with the names of GNU and BSD.

Source of the format: deb(5), ar(5) of FreeBSD.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, NamedTuple

from tools.lib.cli.errors import ToolError

_MAGIC = b"!<arch>\n"
_HEADER = 60
_BSD_NAME = b"#1/"
_MAX_NAME = 256


class ArMember(NamedTuple):
    """A member: its name, and where its data is in the file."""

    name: str
    offset: int
    size: int


def members(source: IO[bytes], end: int) -> Iterator[ArMember]:
    """The members of the archive in a file of `end` bytes that can be sought.

    Raises:
        ToolError: it is none, or damaged.
    """
    source.seek(0)
    if source.read(len(_MAGIC)) != _MAGIC:
        raise ToolError("not a .deb: it does not begin as an ar archive")
    offset = len(_MAGIC)
    while offset < end:
        source.seek(offset)
        header = source.read(_HEADER)
        if header == b"\n":
            return  # the padding of a member of odd size that is the last
        if len(header) < _HEADER or header[58:] != b"`\n":
            raise ToolError(f"damaged at byte {offset}: no header of an ar member")
        offset += _HEADER
        size = _size(header[48:58], offset)
        if offset + size > end:
            raise ToolError(f"cut off: {offset + size} bytes announced, {end} there")
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
        raise ToolError(f"damaged at byte {offset}: an ar member has the size {field!r}")
    return int(digits)
