"""Walks the headers of a tar (POSIX ustar and pax, GNU) for what a layer's description needs.

It stops where clients stop, but says so: what stands behind the end-of-archive mark, and what a
truncated archive lacks, no client would report.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from tools.lib.cli.errors import ToolError

BLOCK = 512
# Types whose size, if there is one, counts no data (as Go's archive/tar and libarchive read them).
_NO_DATA = b"123456"
_PAX, _SPARSE, _LONG_NAME = b"x", b"S", b"L"
# What Go's archive/tar, and thus every client, takes as a pax header or as GNU's long name.
_MAX_PAX = 1 << 20
_MAX_PATH = 4096  # Linux's PATH_MAX, with its NUL
_ZEROS = bytes(BLOCK)


class Chunks:
    """A stream of chunks, read by the byte. Holds one chunk at a time."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")
        self.position = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes; fewer at the end."""
        parts = []
        while count and (self._rest or self._refill()):
            part, self._rest = self._rest[:count], self._rest[count:]
            parts.append(part)
            count -= len(part)
            self.position += len(part)
        return b"".join(parts)

    def skip(self, count: int) -> bool:
        """Passes `count` bytes over; False if there are fewer."""
        while count and (self._rest or self._refill()):
            step = min(count, len(self._rest))
            self._rest = self._rest[step:]
            count -= step
            self.position += step
        return not count

    def rest(self) -> Iterator[memoryview]:
        """The chunks from here to the end."""
        while self._rest or self._refill():
            yield self._rest
            self.position += len(self._rest)
            self._rest = memoryview(b"")

    def _refill(self) -> bool:
        self._rest = memoryview(next(self._chunks, b""))
        return bool(self._rest)


class _Paths:
    """The paths so far, as digests: those of a large archive take no room to speak of."""

    def __init__(self) -> None:
        self._are_directories: dict[bytes, bool] = {}

    def add(self, name: bytes, is_directory: bool) -> None:
        """A ToolError if the path was there before, and is not a directory both times.

        Clients would keep the later entry, or stop where a hard link is one to itself: what the
        author of the tar meant, nobody knows.
        """
        path = b"/".join(part for part in name.split(b"/") if part not in (b"", b"."))
        shown = path.decode("utf-8", "surrogateescape")
        if len(path) >= _MAX_PATH:
            raise ToolError(f"{shown:.80}: no path: it has more than {_MAX_PATH} bytes")
        digest = hashlib.blake2b(path, digest_size=16).digest()
        if digest not in self._are_directories:
            self._are_directories[digest] = is_directory
        elif not (is_directory and self._are_directories[digest]):
            raise ToolError(f"{shown}: twice in the archive", "a path has one owner: leave one out")


def newest_mtime(chunks: Chunks, most: int) -> int | None:
    """Reads a whole tar; returns the newest mtime of its entries in seconds since 1970.

    Times before 1970 or after `most` tell nothing and are passed over; None if none is left.
    A ToolError, to be completed by the name of the file, if this is no whole tar, or has a path
    twice that is no directory.
    """
    newest: int | None = None
    pax: dict[bytes, bytes] = {}
    paths = _Paths()
    while True:
        start = chunks.position
        header = chunks.take(BLOCK)
        if header == _ZEROS:
            break
        _check(header, start)
        kind = header[156:157]
        size = 0 if kind in _NO_DATA else _number(header[124:136], start)
        if kind == _PAX:
            pax |= _pax_records(_extended(chunks, size, start), start)
            continue
        if kind == _LONG_NAME:
            pax[b"path"] = _extended(chunks, size, start).rstrip(b"\0")
            continue
        if kind not in b"gK":  # headers for others: global pax, GNU's long links
            mtime = _pax_time(pax[b"mtime"]) if b"mtime" in pax else _number(header[136:148], start)
            if mtime is not None and max(newest or 0, 0) <= mtime <= most:
                newest = mtime
            if b"size" in pax and kind not in _NO_DATA:
                size = _digits(pax[b"size"], 10, start)
            name = pax.get(b"GNU.sparse.name") or pax.get(b"path") or _name(header)
            paths.add(name, kind == b"5" or (kind == b"\0" and name.endswith(b"/")))
            pax = {}
        if size < 0:
            raise ToolError(f"damaged: the entry at byte {start} has a negative size")
        if kind == _SPARSE and header[482]:  # GNU's map of the holes goes on in further blocks
            while (block := chunks.take(BLOCK)) and block[504:505] != b"\0":
                pass
        if not chunks.skip(size + -size % BLOCK):
            raise ToolError(f"truncated: the data of the entry at byte {start} is not all there")
    for chunk in chunks.rest():
        if chunk.tobytes().strip(b"\0"):
            raise ToolError(
                f"more data after the end of the archive (byte {start}), which clients leave out",
                "two tars in a row are no tar: give each as a layer",
            )
    return newest


def _check(header: bytes, start: int) -> None:
    if len(header) < BLOCK:
        if not start:
            raise ToolError("empty: not a tar" if not header else f"{len(header)} bytes: not a tar")
        raise ToolError(f"truncated: no end-of-archive mark at byte {start}")
    bare = header[:148] + b" " * 8 + header[156:]
    told = _number(header[148:156], start)
    # Some old writers summed signed bytes.
    if told != sum(bare) and told != sum(bare) - 256 * sum(byte > 127 for byte in bare):
        raise ToolError(f"damaged: byte {start} is no tar header" if start else "not a tar")


def _number(field: bytes, start: int) -> int:
    """A number of a header: octal digits, or, where the top bit is set, GNU's base 256."""
    if field[0] & 0x80:
        bits = 8 * len(field) - 1
        value = int.from_bytes(field, "big") & ((1 << bits) - 1)
        return value - (1 << bits) if field[0] & 0x40 else value
    return _digits(field.strip(b" \0").partition(b"\0")[0], 8, start)


def _digits(text: bytes, base: int, start: int) -> int:
    if text.strip(b"0123456789"[:base]):
        what = f"damaged: byte {start} is no tar header: {text!r:.40} is no number"
        raise ToolError(what if start else "not a tar")
    return int(text or b"0", base)


def _name(header: bytes) -> bytes:
    """The name in a header itself, which POSIX has in two fields."""
    name, prefix = (header[at:end].partition(b"\0")[0] for at, end in ((0, 100), (345, 500)))
    return prefix + b"/" + name if prefix and header[257:265] == b"ustar\x0000" else name


def _extended(chunks: Chunks, size: int, start: int) -> bytes:
    """The data of a header that goes before an entry's own."""
    if not 0 <= size <= _MAX_PAX:
        raise ToolError(f"damaged: an extended header of {size} bytes at byte {start}")
    data = chunks.take(size)
    if len(data) < size or not chunks.skip(-size % BLOCK):
        raise ToolError(f"truncated: within the extended header at byte {start}")
    return data


def _pax_records(data: bytes, start: int) -> dict[bytes, bytes]:
    """The records `LENGTH KEY=VALUE\\n` of a pax header (pax(1), "pax Header Block")."""
    records = {}
    position = 0
    while position < len(data):
        length = _digits(data[position : position + 8].partition(b" ")[0], 10, start)
        record = data[position : position + length]
        key, equals, value = record.partition(b" ")[2].partition(b"=")
        if not equals or not value.endswith(b"\n"):
            raise ToolError(f"damaged: the pax header at byte {start}")
        records[key] = value[:-1]
        position += length
    return records


def _pax_time(text: bytes) -> int | None:
    whole = text.partition(b".")[0]
    return int(whole) if whole.isdigit() and len(whole) < 20 else None
