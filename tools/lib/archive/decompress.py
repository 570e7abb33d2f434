"""Decompression of streams from elsewhere, chunk by chunk and with bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from tools.lib.cli.errors import ToolError

if TYPE_CHECKING:
    from tools.lib.archive.compress import Compression

SUFFIXES: dict[Compression, str] = {"gzip": ".gz", "zstd": ".zst", "none": ""}

# What layers must not be compressed by (image-spec 1.1, layer.md), and users try.
_NOT_OF_LAYERS = {
    b"\xfd7zXZ\0": "xz",
    b"BZh": "bzip2",
    b"\x04\x22\x4d\x18": "lz4",
    b"LZIP": "lzip",
    b"PK\x03\x04": "zip",
}

_INPUT = 1 << 18
_CHUNK = 1 << 20
# libzstd takes no bound of its output: a block is of 4 bytes at least, and of 128 KiB at most.
_ZSTD_INPUT = 1 << 10
# What a decoder may take for its dictionary: xz -9 wants 64 MiB, zstd --ultra 128 MiB.
_MEMORY = 130 << 20


class Source(Protocol):
    """What can be read forward."""

    def read(self, size: int, /) -> bytes: ...


class Observed:
    """A source that shows what is read from it, such as to a hash."""

    def __init__(self, source: Source, observe: Callable[[bytes], object]) -> None:
        self._source = source
        self._observe = observe

    def read(self, size: int, /) -> bytes:
        data = self._source.read(_INPUT)
        self._observe(data)
        return data


class _Decoder(Protocol):
    """The decoders of bz2 and lzma."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def detect(head: bytes) -> Compression:
    """The compression of a layer by the first block of its file, whatever its name says.

    Raises:
        ToolError: one that layers may not have.
    """
    if head[257:262] == b"ustar":  # an entry's name may start like anything
        return "none"
    for magic, name in _NOT_OF_LAYERS.items():
        if head.startswith(magic):
            raise ToolError(
                f"compressed by {name}, which no OCI layer may be", "recompress it by gzip or zstd"
            )
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    # A zstd frame, or a skippable one before it (RFC 8878).
    is_zstd = head[:4] == b"\x28\xb5\x2f\xfd" or (
        head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5
    )
    return "zstd" if is_zstd else "none"


def chunks(source: Source, suffix: str) -> Iterator[bytes]:
    """The content of a compressed stream, a megabyte or less at a time.

    Args:
        source: read to its end; several streams in a row are one.
        suffix: which compression, as in a file's name: `.gz`, `.xz`, `.zst`, `.bz2`, `.lzma`, or
            `` for none.

    Raises:
        ToolError: an unknown compression, or the data is damaged, cut off, or followed by others.
    """
    if suffix == "":
        return iter(lambda: source.read(_CHUNK), b"")
    if suffix not in _DECODERS:
        raise ToolError(
            f"{suffix!r} is no known compression", f"known are: {', '.join(_DECODERS)}, and none"
        )
    return _decoded(source, *_DECODERS[suffix](), suffix)


def _decoded(
    source: Source,
    decoder: Callable[[], _Decoder],
    errors: tuple[type[Exception], ...],
    suffix: str,
) -> Iterator[bytes]:
    data = source.read(_INPUT)
    while data:
        current = decoder()
        while not current.eof:
            try:
                piece = current.decompress(data, _CHUNK)
            except errors as error:
                raise ToolError(f"not a whole {suffix} stream: {error}") from None
            if piece:
                yield piece
            data = b""
            if current.needs_input and not current.eof:
                data = source.read(_INPUT)
                if not data:
                    raise ToolError(f"not a whole {suffix} stream: it is cut off")
        data = current.unused_data or source.read(_INPUT)


class _Gzip:
    """zlib's decoder with the interface of bz2's."""

    def __init__(self) -> None:
        import zlib

        self._decoder = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def needs_input(self) -> bool:
        return not self._decoder.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._decoder.decompress(self._decoder.unconsumed_tail + data, max_length)


class _Zstd:
    """libzstd's decoder with the interface of bz2's; the output is bounded by the input."""

    def __init__(self) -> None:
        import zstandard

        self._decoder = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
        self._pending = memoryview(b"")

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def needs_input(self) -> bool:
        return not self._pending

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data + self._pending

    def decompress(self, data: bytes, max_length: int) -> bytes:
        if data:
            self._pending = memoryview(data)
        piece, self._pending = self._pending[:_ZSTD_INPUT], self._pending[_ZSTD_INPUT:]
        return self._decoder.decompress(piece)


_Codec = tuple[Callable[[], _Decoder], tuple[type[Exception], ...]]


def _gzip() -> _Codec:
    import zlib

    return _Gzip, (zlib.error,)


def _xz() -> _Codec:
    import lzma

    return (lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _MEMORY)), (lzma.LZMAError, EOFError)


def _lzma() -> _Codec:
    import lzma

    return (lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _MEMORY)), (lzma.LZMAError, EOFError)


def _bzip2() -> _Codec:
    import bz2

    return bz2.BZ2Decompressor, (OSError, EOFError, ValueError)


def _zstd() -> _Codec:
    import zstandard

    return _Zstd, (zstandard.ZstdError,)


_DECODERS: dict[str, Callable[[], _Codec]] = {
    ".gz": _gzip,
    ".xz": _xz,
    ".zst": _zstd,
    ".bz2": _bzip2,
    ".lzma": _lzma,
}
