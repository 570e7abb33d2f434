"""The bytes of a layer: blobs of parts joined by copying, and the digests of the result."""

from __future__ import annotations

import hashlib
from typing import IO

from tools.lib.archive.compress import Compression
from tools.lib.archive.decompress import SUFFIXES, HashingReader, chunks
from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Digest
from tools.lib.part.part import Blob


class LayerWriter:
    """Writes a layer piece by piece. It keeps a few chunks in memory, however large the blobs."""

    def __init__(self, out: IO[bytes], compression: Compression) -> None:
        self._out = out
        self.compression = compression
        self._suffix = SUFFIXES[compression]
        self.size = 0  # bytes written
        self.uncompressed_size = 0
        self._sha256 = hashlib.sha256()
        self._uncompressed_sha256 = hashlib.sha256()

    def write(self, uncompressed: bytes, compressed: bytes) -> None:
        """Appends a piece that the caller has in both forms."""
        self._uncompressed_sha256.update(uncompressed)
        self.uncompressed_size += len(uncompressed)
        self._append(compressed)

    def copy(self, path: str, blob: Blob) -> None:
        """Appends the blob of a part, the file at `path`.

        Raises:
            ToolError: the file is damaged, or is not the blob that the part describes.
        """
        sha256 = hashlib.sha256()
        start = self.size
        uncompressed_size = 0

        def append(data: bytes) -> None:
            sha256.update(data)
            self._append(data)

        with open(path, "rb") as source:
            try:
                for chunk in chunks(HashingReader(source, append), self._suffix):
                    self._uncompressed_sha256.update(chunk)
                    uncompressed_size += len(chunk)
            except ToolError as error:
                raise ToolError(f"{path}: {error.message}", error.hint) from None
        self.uncompressed_size += uncompressed_size
        copied = (self.size - start, uncompressed_size, sha256.hexdigest())
        if copied != (blob.size, blob.uncompressed_size, blob.sha256):
            raise ToolError(f"{path}: does not match its part.json")

    @property
    def digest(self) -> Digest:
        """The digest of the bytes written."""
        return Digest(f"sha256:{self._sha256.hexdigest()}")

    @property
    def diff_id(self) -> Digest:
        """The digest of the uncompressed bytes."""
        return Digest(f"sha256:{self._uncompressed_sha256.hexdigest()}")

    def _append(self, data: bytes) -> None:
        self._out.write(data)
        self._sha256.update(data)
        self.size += len(data)
