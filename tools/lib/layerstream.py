"""Reads the layers of an image: decompression, verification and tar entries, in one pass each."""

from __future__ import annotations

import hashlib
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO

from tools.lib.errors import ToolError
from tools.lib.imagefs import Member
from tools.lib.oci import Digest

_CHUNK = 1 << 20
_TYPES = {
    tarfile.REGTYPE: stat.S_IFREG,
    tarfile.AREGTYPE: stat.S_IFREG,
    tarfile.CONTTYPE: stat.S_IFREG,
    tarfile.GNUTYPE_SPARSE: stat.S_IFREG,
    tarfile.LNKTYPE: stat.S_IFREG,
    tarfile.SYMTYPE: stat.S_IFLNK,
    tarfile.DIRTYPE: stat.S_IFDIR,
    tarfile.CHRTYPE: stat.S_IFCHR,
    tarfile.BLKTYPE: stat.S_IFBLK,
    tarfile.FIFOTYPE: stat.S_IFIFO,
}

OnFile = Callable[[int, IO[bytes]], None]
"""Called before a regular file is yielded, with its ordinal in the layer and its bytes."""


def members(
    path: str, digest: Digest, diff_id: Digest, on_file: OnFile | None = None
) -> Iterator[Member]:
    """Yields the entries of the layer in the file `path` in the order of the archive.

    Once all are yielded, the file is known to have `digest`, and its uncompressed bytes `diff_id`.
    Memory: two chunks of a megabyte, whatever the layer's size.

    Raises:
        ToolError: the blob is missing, not the one that its digest names, or no well-formed tar.
    """
    try:
        with open(path, "rb") as source:
            compressed = _Hashed(source)
            plain = _Forward(_decompress(source, compressed))
            yield from _entries(plain, on_file)
            plain.drain()
    except FileNotFoundError:
        raise ToolError(f"{path}: a layer of the image is not in the layout") from None
    except (tarfile.TarError, zlib.error, EOFError, UnicodeError, ValueError) as error:
        raise ToolError(f"{path}: broken layer: {error}") from None
    if compressed.hash.hexdigest() != digest.removeprefix("sha256:"):
        raise ToolError(f"{path}: the content does not have the digest {digest}")
    if plain.hash.hexdigest() != diff_id.removeprefix("sha256:"):
        raise ToolError(f"{path}: the uncompressed content does not have the config's diff_id")


def _entries(plain: _Forward, on_file: OnFile | None) -> Iterator[Member]:
    with tarfile.TarFile(
        fileobj=plain,  # type: ignore[arg-type]  # all that tarfile asks of it for reading forward
        mode="r",
        encoding="utf-8",
        errors="surrogateescape",
    ) as archive:
        for ordinal, entry in enumerate(archive):
            archive.members = []  # type: ignore[attr-defined]  # else it keeps them all
            kind = _TYPES.get(entry.type)
            if kind is None:
                raise tarfile.TarError(f"{entry.name}: an entry of unknown type {entry.type!r}")
            if entry.isreg() and on_file is not None:
                content = archive.extractfile(entry)
                assert content is not None
                on_file(ordinal, content)
            yield Member(
                ordinal=ordinal,
                name=entry.name,
                mode=kind | stat.S_IMODE(entry.mode),
                uid=entry.uid,
                gid=entry.gid,
                size=entry.size if entry.isreg() else 0,
                link=entry.linkname,
                hardlink=entry.islnk(),
            )
    # tarfile takes a broken header for the end of the archive.
    if plain.last.strip(b"\0"):
        raise tarfile.TarError("what follows the last entry is neither an entry nor the end")


def _decompress(source: IO[bytes], compressed: _Hashed) -> Iterator[bytes]:
    """Uncompressed chunks; the format is told by its magic, for media types differ by tool."""
    magic = source.read(4)
    source.seek(0)
    if magic[:2] == b"\x1f\x8b":
        return _gunzip(compressed)
    if magic == b"\x28\xb5\x2f\xfd":
        return _unzstd(compressed)
    return iter(lambda: compressed.read(_CHUNK), b"")


def _gunzip(source: _Hashed) -> Iterator[bytes]:
    # Several members in a row are one stream (RFC 1952).
    decoder = zlib.decompressobj(31)
    while data := decoder.unconsumed_tail or decoder.unused_data or source.read(_CHUNK):
        if decoder.eof:
            decoder = zlib.decompressobj(31)
        yield decoder.decompress(data, _CHUNK)
    yield decoder.flush()
    if not decoder.eof:
        raise EOFError("the gzip stream is cut off")


def _unzstd(source: _Hashed) -> Iterator[bytes]:
    import zstandard  # Few layers need it.

    decoder = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    # All that is asked of a source is read(); its type says more.
    reader = decoder.stream_reader(source, read_across_frames=True)  # type: ignore[arg-type]
    try:
        while data := reader.read(_CHUNK):
            yield data
    except zstandard.ZstdError as error:
        raise EOFError(str(error)) from None


class _Hashed:
    """A file that hashes what is read from it."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.hash = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._source.read(size)
        self.hash.update(data)
        return data


class _Forward:
    """Chunks as a file, hashed, read and sought forward only: what tarfile needs for one pass."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._chunk = b""
        self._at = 0  # offset into the chunk
        self._position = 0
        self.hash = hashlib.sha256()
        self.last = b""
        """What the last read gave: a zero block or nothing where the archive has ended well."""

    def tell(self) -> int:
        return self._position

    def read(self, size: int) -> bytes:
        data = self._take(size)
        if len(data) < size:
            parts = [data]
            missing = size - len(data)
            while missing and self._next():
                parts.append(self._take(missing))
                missing -= len(parts[-1])
            data = b"".join(parts)
        self.last = data
        return data

    def seek(self, position: int) -> None:
        skip = position - self._position
        assert skip >= 0, "a layer is read forward only"
        while skip > 0:
            step = min(skip, len(self._chunk) - self._at)
            self._at += step
            self._position += step
            skip -= step
            if skip and not self._next():
                return

    def drain(self) -> None:
        while self._next():
            pass

    def close(self) -> None:
        """tarfile closes what it opened itself; the layer's file is ours."""

    def _take(self, size: int) -> bytes:
        data = self._chunk[self._at : self._at + size]
        self._at += len(data)
        self._position += len(data)
        return data

    def _next(self) -> bool:
        chunk = next(self._chunks, None)
        if chunk is None:
            self._chunk, self._at = b"", 0
            return False
        self.hash.update(chunk)
        self._chunk, self._at = chunk, 0
        return True
