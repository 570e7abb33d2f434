"""Streams that are read by offset, forward only, as the tar reader reads archives."""

from __future__ import annotations

from collections.abc import Iterator


class ForwardReader:
    """Reads a stream of chunks by offset. Offsets must not decrease; one chunk is in memory."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._chunk = b""
        self._start = 0  # offset of the chunk in the stream

    def read_at(self, offset: int, length: int) -> bytes:
        """Returns bytes at an offset; fewer where the stream ends."""
        at = offset - self._start
        assert at >= 0, "a stream is read forward only"
        while at >= len(self._chunk):
            if not self._next():
                return b""
            at = offset - self._start
        data = self._chunk[at : at + length]
        if len(data) == length:
            return data
        parts = [data]
        missing = length - len(data)
        while missing and self._next():
            parts.append(self._chunk[:missing])
            missing -= len(parts[-1])
        return b"".join(parts)

    def drain(self) -> None:
        """Reads what is left, for those who watch the chunks."""
        while self._next():
            pass

    def _next(self) -> bool:
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        self._start += len(self._chunk)
        self._chunk = chunk
        return True
