"""Parses one header block of a tar archive, strictly.

Sources of the format: POSIX.1-2017, pax(1), "ustar Interchange Format"; GNU tar's manual, "Basic
Tar Format".

GNU tar, dpkg, Go's archive/tar (every container runtime) and Python's tarfile (most scanners) agree
on the headers that writers make, and differ on malformed ones: whether a NUL may precede a number,
which first bytes mark a base-256 number, when the prefix is a part of the name. A header that they
could read differently is an error here.
"""

from __future__ import annotations

import functools
import re
import struct
from dataclasses import dataclass
from typing import Literal

from tools.lib.archive.limits import MAX_DEVICE_MAJOR, MAX_DEVICE_MINOR, MAX_OWNER
from tools.lib.archive.tar_entry import byte_sum
from tools.lib.cli.errors import ToolError

HeaderFormat = Literal["v7", "ustar", "gnu", "star"]

_FIELDS = struct.Struct("100s8s8s8s12s12s8sc100s8s32s32s8s8s155s12s")
_OCTAL = re.compile(rb" *([0-7]+)[ \0]*|\0+")
_MAX_NUMBER = (1 << 63) - 1
_USTAR = b"ustar\0"
_GNU = b"ustar  \0"
_V7 = bytes(8)
_STAR_TRAILER = b"tar\0"
# File types in the upper bits of a mode, as some writers copy them from stat(2).
_MODE_TYPES = {
    b"0": 0o100000,
    b"\0": 0o100000,
    b"S": 0o100000,
    b"1": 0o100000,
    b"2": 0o120000,
    b"3": 0o020000,
    b"4": 0o060000,
    b"5": 0o040000,
    b"6": 0o010000,
}


@dataclass(frozen=True, slots=True)
class TarHeader:
    """The fields of a header block; names and links as they are written.

    `mode` is the permission bits with setuid, setgid and sticky; `mtime` may be negative.
    """

    name: bytes
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    typeflag: bytes
    link: bytes
    device: tuple[int, int]
    format: HeaderFormat
    has_prefix: bool


def text(field: bytes) -> bytes:
    """The text of a field, which ends at a NUL or fills the field."""
    return field.partition(b"\0")[0]


# Most fields of an archive have few values, so the results are kept.
@functools.lru_cache(1 << 10)
def number(field: bytes, what: str, limit: int = _MAX_NUMBER) -> int:
    """A field's number of 0 to `limit`: octal digits, or base 256 after a byte 0x80.

    Raises:
        ToolError: the field is malformed, or the number too large; `what` names it.
    """
    value = signed_number(field, what)
    if value < 0:
        raise ToolError(f"negative {what}: {value}")
    if value > limit:
        raise ToolError(f"{what} {value} is larger than {limit}")
    return value


def signed_number(field: bytes, what: str) -> int:
    """Like `number`, but base 256 after a byte 0xff is a negative number."""
    if octal := _OCTAL.fullmatch(field):
        return int(octal[1] or b"0", 8)
    if field[0] in (0x80, 0xFF):
        value = int.from_bytes(field[1:], "big")
        if field[0] == 0xFF:
            value -= 1 << 8 * (len(field) - 1)
        if abs(value) <= _MAX_NUMBER:
            return value
    raise ToolError(f"invalid {what}: {field!r}")


def has_checksum(block: bytes) -> bool:
    """Whether a block of 512 bytes contains its own checksum, as header blocks do."""
    field = block[148:156]
    octal = _OCTAL.fullmatch(field)
    told = int(octal[1] or b"0", 8) if octal else -1
    # The checksum field itself counts as spaces.
    total = byte_sum(block) + 8 * ord(" ") - sum(field)
    if told == total:
        return True
    # Some old writers added signed bytes, and all readers accept that.
    return told == total - 256 * sum(byte > 127 for byte in block[:148] + block[156:])


def parse(block: bytes) -> TarHeader:
    """Parses a header block, one for which `has_checksum` is true.

    Raises:
        ToolError: a field is malformed, or readers of the format disagree about it.
    """
    (
        name,
        mode,
        uid,
        gid,
        size,
        mtime,
        _,
        typeflag,
        link,
        magic,
        _,
        _,
        major,
        minor,
        prefix,
        trailer,
    ) = _FIELDS.unpack(block)
    name = text(name)
    header_format = _format(magic, prefix, trailer)
    has_prefix = prefix[0] != 0
    if has_prefix:
        if header_format not in ("ustar", "star"):
            # Python takes it for a part of the name, GNU tar and Go do not.
            raise ToolError("a name prefix or an access time in a format that has none")
        name = text(prefix) + b"/" + name
    device = (
        number(major, "device number", MAX_DEVICE_MAJOR),
        number(minor, "device number", MAX_DEVICE_MINOR),
    )
    if header_format == "v7" and device != (0, 0):
        raise ToolError("a device number in a format that has none")  # but Python reads it
    return TarHeader(
        name,
        _mode(mode, typeflag),
        number(uid, "uid", MAX_OWNER),
        number(gid, "gid", MAX_OWNER),
        number(size, "size"),
        signed_number(mtime, "modification time"),
        typeflag,
        text(link),
        device,
        header_format,
        has_prefix,
    )


def _mode(field: bytes, typeflag: bytes) -> int:
    mode = number(field, "mode")
    file_type = mode & ~0o7777
    if file_type and file_type != _MODE_TYPES.get(typeflag, file_type):
        raise ToolError(f"invalid mode {mode:o}: it contradicts the type {typeflag!r}")
    return mode & 0o7777


def _format(magic: bytes, prefix: bytes, trailer: bytes) -> HeaderFormat:
    if magic == _GNU:
        return "gnu"
    if magic == _V7:
        return "v7"
    if magic[:6] != _USTAR:
        raise ToolError(f"unknown magic {magic!r}")
    if not trailer.endswith(_STAR_TRAILER):
        # GNU tar knows star's headers by what follows the prefix.
        return "ustar" if prefix[130] or not any(prefix[131:]) else "star"
    # The prefix ends early, and access and change time follow.
    if prefix[130]:
        raise ToolError("a name prefix of more than 130 bytes in star's format")
    for field in (prefix[131:143], prefix[143:155]):
        signed_number(field, "access or change time")
    return "star"
