"""Entries of tar archives, and the headers that we write for them.

A header depends on its entry alone: POSIX ustar, and pax where ustar has no room.

Source of the format: POSIX.1-2017, pax(1), "ustar Interchange Format" and "pax Extended Header";
for extended attributes the keyword SCHILY.xattr.<name> of star(1), which GNU tar and all container
engines use too.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

BLOCK = 512
# Two zero blocks end an archive.
END_OF_ARCHIVE = bytes(2 * BLOCK)
# 9999-12-31T23:59:59Z, the last second that RFC 3339, and so an image's config, can express.
MAX_TIME = 253402300799

EntryType = Literal["file", "hardlink", "symlink", "char", "block", "directory", "fifo"]

TYPEFLAGS: dict[EntryType, bytes] = {
    "file": b"0",
    "hardlink": b"1",
    "symlink": b"2",
    "char": b"3",
    "block": b"4",
    "directory": b"5",
    "fifo": b"6",
}

_NAME = 100
_PREFIX = 155


@dataclass(frozen=True, slots=True)
class TarEntry:
    """One entry of an archive.

    `path`, and `link` of a hard link, have no slash at either end; bytes that are not UTF-8 are
    surrogate escapes. `mode` is the permission bits with setuid, setgid and sticky; `mtime` whole
    seconds since 1970; `size` bytes of data, 0 unless it is a file; `xattrs` names to raw values;
    `device` major and minor.
    """

    path: str
    type: EntryType
    mode: int
    uid: int = 0
    gid: int = 0
    mtime: int = 0
    size: int = 0
    link: str = ""
    xattrs: Mapping[str, bytes] = field(default_factory=dict)
    device: tuple[int, int] = (0, 0)


def path_bytes(text: str) -> bytes:
    """Encodes a name; surrogate escapes become the bytes that they stand for."""
    return text.encode("utf-8", "surrogateescape")


def byte_sum(block: bytes) -> int:
    """The sum of the bytes of a header block."""
    # The low half of an Adler-32 is the sum of up to 256 bytes, plus one. It is the fastest way to
    # sum bytes that the standard library has.
    return (zlib.adler32(block[:256]) & 0xFFFF) + (zlib.adler32(block[256:]) & 0xFFFF) - 2


def padding(size: int) -> bytes:
    """Returns the zeros that fill the last block of `size` bytes of data."""
    return bytes(-size % BLOCK)


def header(entry: TarEntry) -> bytes:
    """Returns the blocks that precede an entry's data."""
    name = path_bytes(entry.path)
    if entry.type == "directory":
        name += b"/"
    link = path_bytes(entry.link)
    records: dict[bytes, bytes] = {}
    prefix = b""
    if len(name) > _NAME:
        prefix, name = _split(name)
        if not prefix:
            records[b"path"] = name
    if len(link) > _NAME:
        records[b"linkpath"] = link
    numbers = {b"size": entry.size, b"uid": entry.uid, b"gid": entry.gid, b"mtime": entry.mtime}
    for keyword, value in numbers.items():
        if not _fits(keyword, value):
            records[keyword] = b"%d" % value
            numbers[keyword] = 0
    for attribute, raw in entry.xattrs.items():
        records[b"SCHILY.xattr." + path_bytes(attribute)] = raw
    own = _ustar(
        name[:_NAME], prefix, TYPEFLAGS[entry.type], entry.mode, numbers, link[:_NAME], entry.device
    )
    return (_pax(records) if records else b"") + own


def _split(name: bytes) -> tuple[bytes, bytes]:
    """Splits a name at a slash into a prefix (155 bytes) and the rest (100), if both fit."""
    cut = name.rfind(b"/", 0, min(_PREFIX + 1, len(name) - 1))
    if cut > 0 and len(name) - cut - 1 <= _NAME:
        return name[:cut], name[cut + 1 :]
    return b"", name


def _fits(keyword: bytes, value: int) -> bool:
    return 0 <= value < (8**11 if keyword in (b"size", b"mtime") else 8**7)


def _ustar(
    name: bytes,
    prefix: bytes,
    typeflag: bytes,
    mode: int,
    numbers: Mapping[bytes, int],
    link: bytes,
    device: tuple[int, int],
) -> bytes:
    block = b"".join(
        (
            name.ljust(_NAME, b"\0"),
            b"%07o\0" % mode,
            b"%07o\0" % numbers[b"uid"],
            b"%07o\0" % numbers[b"gid"],
            b"%011o\0" % numbers[b"size"],
            b"%011o\0" % numbers[b"mtime"],
            b" " * 8,
            typeflag,
            link.ljust(_NAME, b"\0"),
            b"ustar\x0000",
            bytes(64),  # no uname and gname: names differ between machines, numbers do not
            b"%07o\0" % device[0],
            b"%07o\0" % device[1],
            prefix.ljust(_PREFIX, b"\0"),
            bytes(12),
        )
    )
    return block[:148] + b"%06o\0 " % byte_sum(block) + block[156:]


def _pax(records: Mapping[bytes, bytes]) -> bytes:
    data = b"".join(_record(keyword, records[keyword]) for keyword in sorted(records))
    numbers = {b"uid": 0, b"gid": 0, b"size": len(data), b"mtime": 0}
    start = _ustar(b"././@PaxHeader", b"", b"x", 0o644, numbers, b"", (0, 0))
    return start + data + padding(len(data))


def _record(keyword: bytes, value: bytes) -> bytes:
    """`<length> <keyword>=<value>\\n`, where the length counts itself."""
    rest = len(keyword) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, keyword, value)
