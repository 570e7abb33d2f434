"""Files with holes, so that long runs of zeros in an image take no space."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

_BLOCK = 1 << 16


def write_sparse(path: str | bytes, chunks: Iterable[bytes]) -> None:
    """Creates a file of chunks, with a hole for each chunk of zeros."""
    with open(path, "xb") as out:
        size = 0
        for chunk in chunks:
            if chunk.count(0) < len(chunk):
                out.seek(size)
                out.write(chunk)
            size += len(chunk)
        out.truncate(size)


def copy_sparse(source: str | bytes, target: str | bytes) -> None:
    """Copies a file and keeps its holes."""
    with open(source, "rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        with open(target, "xb") as out:
            for start, end in _extents(file.fileno(), size):
                file.seek(start)
                out.seek(start)
                left = end - start
                while left and (chunk := file.read(min(_BLOCK, left))):
                    out.write(chunk)
                    left -= len(chunk)
            out.truncate(size)


def _extents(file: int, size: int) -> Iterator[tuple[int, int]]:
    """Starts and ends of the parts of a file that are not holes (lseek(2))."""
    end = 0
    while end < size:
        try:
            start = os.lseek(file, end, os.SEEK_DATA)
        except OSError:  # ENXIO: only a hole is left.
            return
        end = os.lseek(file, start, os.SEEK_HOLE)
        yield start, end
