"""A temporary file for what has to be read in another order than it arrives in."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tools.lib.cli.errors import ToolError


class ScratchFile:
    """Bytes that are written once and can be read at any offset, on disk rather than in memory.

    The file has no name, so that nothing of it is left however the process ends.

    Args:
        output: the path of an output. The scratch file is on the same file system, which has to
            have room for the output anyway.
    """

    def __init__(self, output: str) -> None:
        path = f"{output}.{os.getpid()}.scratch"
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        os.unlink(path)
        self.size = 0

    def __enter__(self) -> ScratchFile:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def fill(self, chunks: Iterable[bytes], limit: int, hint: str = "") -> None:
        """Appends chunks.

        Args:
            chunks: the bytes.
            limit: how many bytes the file may have.
            hint: what the user can do if there are more.

        Raises:
            ToolError: there are more than `limit` bytes.
        """
        for chunk in chunks:
            self.size += len(chunk)
            if self.size > limit:
                raise ToolError(f"more than {limit} bytes uncompressed", hint)
            left = memoryview(chunk)
            while left:
                left = left[os.write(self._file, left) :]

    def read_at(self, offset: int, length: int) -> bytes:
        """Returns the bytes at an offset; fewer than `length` at the end of the file."""
        length = min(length, self.size - offset)
        return os.pread(self._file, length, offset) if length > 0 else b""
