"""Reads the layers of an image: decompression, verification and tar entries, in one pass each."""

from __future__ import annotations

import hashlib
import stat
import tarfile
from collections.abc import Callable, Iterator
from typing import IO

from tools.lib.archive.decompress import SUFFIXES, Observed, chunks, detect
from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Digest
from tools.lib.rootfs.tree import Member

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
            compressed = hashlib.sha256()
            plain = _Forward(_decompressed(source, compressed.update))
            yield from _entries(plain, on_file)
            plain.drain()
    except FileNotFoundError:
        raise ToolError(f"{path}: a layer of the image is not in the layout") from None
    except (tarfile.TarError, EOFError, UnicodeError, ValueError) as error:
        raise ToolError(f"{path}: broken layer: {error}") from None
    if compressed.hexdigest() != digest.removeprefix("sha256:"):
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


def _decompressed(source: IO[bytes], observe: Callable[[bytes], object]) -> Iterator[bytes]:
    """Uncompressed chunks; the format is told by the file, for media types differ by tool."""
    try:
        compression = detect(source.read(tarfile.BLOCKSIZE))
        source.seek(0)
        yield from chunks(Observed(source, observe), SUFFIXES[compression])
    except ToolError as error:
        raise tarfile.TarError(error.message) from None


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
        """How many bytes have been read or skipped."""
        return self._position

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end alone."""
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
        """Skips to an offset that is not behind, or to the end if that comes first."""
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
        """Hashes what is left."""
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
