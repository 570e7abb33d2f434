"""Bazel's disk cache: a file for each blob, in directories by the first two digits."""

from __future__ import annotations

from collections.abc import Iterator

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Digest
from tools.lib.registry.blob_source import MISSING_HINT, read_file


class DirectoryCas:
    """The store of a disk cache, the directory that --disk_cache names."""

    def __init__(self, path: str) -> None:
        self._path = path

    def read(self, digest: Digest, size: int, offset: int) -> Iterator[bytes]:
        """See BlobStore."""
        name = digest.removeprefix("sha256:")
        try:
            yield from read_file(f"{self._path}/cas/{name[:2]}/{name}", size, offset)
        except FileNotFoundError:
            raise ToolError(f"{self._path}: blob {digest} not found", MISSING_HINT) from None
