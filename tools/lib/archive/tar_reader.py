"""Reads tar archives strictly: ustar, pax and GNU's extensions; what is no tar is an error.

Sources of the formats: POSIX.1-2017, pax(1); GNU tar's manual, "Basic Tar Format" and "Extensions".
The standard library's tarfile takes a damaged header for the end of the archive, resolves links in
its own way and keeps more of an entry than a layer has use for.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from tools.lib.archive import tar_pax
from tools.lib.archive.tar_entry import BLOCK, MAX_TIME, TYPEFLAGS, Entry, Type
from tools.lib.archive.tar_fields import Extent as Extent
from tools.lib.archive.tar_fields import ReadAt as ReadAt
from tools.lib.archive.tar_fields import number, text
from tools.lib.archive.tar_pax import Records
from tools.lib.cli.errors import ToolError

_CHUNK = 1 << 20
# Names, and extended attributes of 64 KiB at most each: no such header comes near.
_MAX_EXTENDED = 1 << 20
_MAX_PATH = 4096  # Linux's PATH_MAX, with its NUL
_HEADER = struct.Struct("100s8s8s8s12s12s8sc100s8s32s32s8s8s155s12x")
_TYPES: dict[bytes, Type] = {
    **{flag: name for name, flag in TYPEFLAGS.items()},
    b"\0": "file",  # from before POSIX
    b"7": "file",  # contiguous
    b"S": "file",  # GNU's sparse
}


class Member(NamedTuple):
    """An entry, and where its data is; between the extents of a sparse file are zeros."""

    entry: Entry
    extents: tuple[Extent, ...]


class Header(NamedTuple):
    """The fields of one header block."""

    name: bytes
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    flag: bytes
    link: bytes
    device: tuple[int, int]


def members(read_at: ReadAt, end: int) -> Iterator[Member]:
    """The entries of an archive of `end` bytes, in its order. Paths are relative to its root.

    Raises:
        ToolError: it is no tar, is damaged, or a name is not below the root.
    """
    offset = 0
    defaults: Records = {}
    records: Records = {}
    while True:
        block = read_at(offset, BLOCK)
        if len(block) < BLOCK:
            raise ToolError("cut off: it has no end-of-archive mark")
        if not any(block):
            _check_zeros(read_at, offset, end)
            return
        header = _parse(block, offset)
        offset += BLOCK
        if header.flag in b"xgLK":
            data = _extended(read_at, offset, header, end)
            offset += _padded(header.size)
            if header.flag == b"x":
                records |= tar_pax.parse(data)
            elif header.flag == b"g":
                defaults |= tar_pax.parse(data)
            else:
                records[b"path" if header.flag == b"L" else b"linkpath"] = data.rstrip(b"\0")
            continue
        member, offset = _member(read_at, offset, end, block, header, {**defaults, **records})
        yield member
        records = {}


def content(member: Member, read_at: ReadAt) -> Iterator[bytes]:
    """The data of a file, a megabyte or less at a time; holes are zeros."""
    position = 0
    for extent in (*member.extents, Extent(member.entry.size, 0, 0)):
        for hole in _steps(extent.position - position):
            yield bytes(hole)
        at = extent.offset
        for step in _steps(extent.length):
            yield read_at(at, step)
            at += step
        position = extent.position + extent.length


def _steps(length: int) -> Iterator[int]:
    while length > 0:
        yield min(length, _CHUNK)
        length -= _CHUNK


def relative(name: bytes) -> str:
    """A path without `.`, and without slashes at its ends; `` is the root itself.

    Raises:
        ToolError: it has `..`, or a byte that no path has.
    """
    text = name.decode("utf-8", "surrogateescape")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise ToolError(f"{text}: a path with '..' can lead out of the image")
    if "\0" in text or len(name) >= _MAX_PATH:
        raise ToolError(f"{text:.80}: no path: it has a NUL, or more than {_MAX_PATH} bytes")
    return "/".join(parts)


def _parse(block: bytes, offset: int) -> Header:
    (name, mode, uid, gid, size, mtime, check, flag, link, magic, _, _, major, minor, prefix) = (
        _HEADER.unpack(block)
    )
    try:
        if number(check) != sum(block) - sum(check) + 8 * ord(" "):
            raise ValueError
        if magic == b"ustar\x0000" and prefix[0]:  # GNU's "ustar  " has times there
            name = text(prefix) + b"/" + text(name)
        return Header(
            text(name),
            number(mode),
            number(uid),
            number(gid),
            number(size),
            number(mtime),
            flag,
            text(link),
            (number(major), number(minor)) if flag in b"34" else (0, 0),
        )
    except ValueError:
        raise ToolError(f"damaged at byte {offset}: no tar header") from None


def _padded(size: int) -> int:
    return size + -size % BLOCK


def _extended(read_at: ReadAt, offset: int, header: Header, end: int) -> bytes:
    if not 0 <= header.size <= _MAX_EXTENDED or offset + header.size > end:
        raise ToolError(f"damaged at byte {offset}: an extended header of {header.size} bytes")
    return read_at(offset, header.size)


def _member(
    read_at: ReadAt, offset: int, end: int, block: bytes, header: Header, records: Records
) -> tuple[Member, int]:
    """The member whose header is read, and the offset of what follows it."""
    raw = records.get(b"GNU.sparse.name") or records.get(b"path") or header.name
    path = relative(raw)
    kind = _TYPES.get(header.flag)
    if kind is None:
        raise ToolError(f"{path}: an entry of the unknown type {header.flag!r}")
    if header.flag == b"\0" and raw.endswith(b"/"):
        kind = "directory"
    size = tar_pax.decimal(records, b"size", header.size, path) if kind == "file" else 0
    if size < 0 or offset + size > end:
        raise ToolError(f"{path}: {size} bytes announced, {end - offset} there")
    following = offset + _padded(size)
    extents: tuple[Extent, ...] = (Extent(0, offset, size),) if size else ()
    if header.flag == b"S" or b"GNU.sparse.map" in records or b"GNU.sparse.major" in records:
        from tools.lib.archive import tar_sparse  # few archives need it

        size, extents, following = tar_sparse.extents(
            read_at, offset, size, block if header.flag == b"S" else None, records, path
        )
        if any(extent.offset + extent.length > end for extent in extents):
            raise ToolError(f"{path}: more data announced than there is")
    link = records.get(b"linkpath", header.link)
    uid = tar_pax.decimal(records, b"uid", header.uid, path)
    gid = tar_pax.decimal(records, b"gid", header.gid, path)
    if uid < 0 or gid < 0:
        raise ToolError(f"{path}: the owner {uid}:{gid}")
    mtime = tar_pax.decimal(records, b"mtime", header.mtime, path)
    if mtime > MAX_TIME:
        where = path or "the root"
        raise ToolError(f"{where}: the time {mtime}, in seconds since 1970, is after the year 9999")
    entry = Entry(
        path,
        kind,
        header.mode & 0o7777,
        uid,
        gid,
        max(0, mtime),
        size,
        _link(kind, link, path),
        tar_pax.xattrs(records),
        header.device,
    )
    return Member(entry, extents), following


def _link(kind: Type, link: bytes, path: str) -> str:
    if kind == "hardlink":
        return relative(link)
    if kind != "symlink":
        return ""
    if not link or b"\0" in link:
        raise ToolError(f"{path}: a symlink to nothing")
    return link.decode("utf-8", "surrogateescape")


def _check_zeros(read_at: ReadAt, offset: int, end: int) -> None:
    while offset < end:
        chunk = read_at(offset, _CHUNK)
        if chunk.count(0) != len(chunk):
            raise ToolError(f"more data after the end-of-archive mark, at byte {offset}")
        offset += len(chunk)
