"""A file of its own for a package's uncompressed archive: entries are written in another order."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tools.lib.cli.errors import ToolError


class Spool:
    """Bytes that are written once and read anywhere; nothing of it is left when it is closed."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        os.unlink(path)
        self.size = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def fill(self, chunks: Iterable[bytes], limit: int) -> None:
        """Appends chunks; a ToolError when there are more than `limit` bytes."""
        for chunk in chunks:
            self.size += len(chunk)
            if self.size > limit:
                raise ToolError(
                    f"more than {limit} bytes uncompressed",
                    "--max-size allows more, where the package can be trusted",
                )
            left = memoryview(chunk)
            while left:
                left = left[os.write(self._file, left) :]

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes at an offset; fewer where the file ends."""
        length = min(length, self.size - offset)
        return os.pread(self._file, length, offset) if length > 0 else b""
