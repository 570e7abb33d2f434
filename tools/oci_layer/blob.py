"""The bytes of a layer: runs joined by copying, and the digests of what goes by."""

from __future__ import annotations

import hashlib
from typing import IO, NamedTuple

from tools.lib.archive.compress import Compression
from tools.lib.archive.decompress import SUFFIXES, Observed, chunks
from tools.lib.cli.errors import ToolError
from tools.lib.oci.documents import Digest


class Run(NamedTuple):
    """A run of tar entries, and what its metadata says of it."""

    path: str
    size: int
    uncompressed_size: int
    sha256: str


class Blob:
    """Writes a layer piece by piece. Memory: a few chunks, whatever the size of the runs."""

    def __init__(self, out: IO[bytes], compression: Compression) -> None:
        self._out = out
        self._suffix = SUFFIXES[compression]
        self.size = 0  # bytes written
        self._stored = hashlib.sha256()
        self._plain = hashlib.sha256()

    def add(self, plain: bytes, compressed: bytes) -> None:
        """Appends a piece that is at hand in both forms."""
        self._plain.update(plain)
        self._append(compressed)

    def copy(self, run: Run) -> None:
        """Appends a run as it is.

        Raises:
            ToolError: it is damaged, or not the one that its metadata describes.
        """
        digest = hashlib.sha256()
        start = self.size
        uncompressed_size = 0

        def observe(data: bytes) -> None:
            digest.update(data)
            self._append(data)

        with open(run.path, "rb") as source:
            try:
                for plain in chunks(Observed(source, observe), self._suffix):
                    self._plain.update(plain)
                    uncompressed_size += len(plain)
            except ToolError as error:
                raise ToolError(f"{run.path}: {error.message}", error.hint) from None
        if (self.size - start, uncompressed_size, digest.hexdigest()) != run[1:]:
            raise ToolError(f"{run.path}: not the run that its metadata describes")

    @property
    def digest(self) -> Digest:
        """Of what was written."""
        return Digest(f"sha256:{self._stored.hexdigest()}")

    @property
    def diff_id(self) -> Digest:
        """The digest of what was written, uncompressed."""
        return Digest(f"sha256:{self._plain.hexdigest()}")

    def _append(self, data: bytes) -> None:
        self._out.write(data)
        self._stored.update(data)
        self.size += len(data)
