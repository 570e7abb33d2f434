"""Decompresses untrusted streams, chunk by chunk and with bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tools.lib.archive.limits import MAX_DECODER_MEMORY, MAX_SMALL_STREAMS, MIN_STREAM
from tools.lib.cli.errors import ToolError

if TYPE_CHECKING:
    import zstandard

    from tools.lib.archive.compress import Compression

SUFFIXES: dict[Compression, str] = {
    "gzip": ".gz",
    "zstd": ".zst",
    "none": "",
    "estargz": ".gz",
    "zstd:chunked": ".zst",
}

# Compressions that image-spec 1.1, layer.md, does not allow for layers, and that users try.
_NOT_FOR_LAYERS = {
    b"\xfd7zXZ\0": "xz",
    b"BZh": "bzip2",
    b"\x04\x22\x4d\x18": "lz4",
    b"LZIP": "lzip",
    b"PK\x03\x04": "zip",
}

_INPUT = 1 << 18
_CHUNK = 1 << 20
# Input for one call of a decoder. libzstd takes no limit for its output; a block of it has at least
# 4 bytes and stands for at most 128 KiB, so 1 KiB becomes 32 MiB at worst. After the end of a
# stream the rest of the input is copied, so the pieces of the others are not large either.
_STEP = 1 << 14
_ZSTD_STEP = 1 << 10


class ByteReader(Protocol):
    """What can be read forward."""

    def read(self, size: int, /) -> bytes: ...


class HashingReader:
    """Passes on what it reads to a callback, such as the update of a hash."""

    def __init__(self, source: ByteReader, update: Callable[[bytes], object]) -> None:
        self._source = source
        self._update = update

    def read(self, size: int, /) -> bytes:
        data = self._source.read(_INPUT)
        self._update(data)
        return data


class _Decoder(Protocol):
    """The interface of the decoders of bz2 and lzma."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def detect(head: bytes) -> Compression:
    """Returns the compression of a layer, told by the first 512 bytes of its file.

    Raises:
        ToolError: layers must not be compressed that way.
    """
    if head[257:262] == b"ustar":  # the name of a tar's first entry can start with any bytes
        return "none"
    for magic, name in _NOT_FOR_LAYERS.items():
        if head.startswith(magic):
            raise ToolError(
                f"compressed with {name}, which OCI layers must not be",
                "recompress it with gzip or zstd",
            )
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    # A zstd frame, or a skippable frame before it (RFC 8878).
    is_zstd = head[:4] == b"\x28\xb5\x2f\xfd" or (
        head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5
    )
    return "zstd" if is_zstd else "none"


def chunks(source: ByteReader, suffix: str, *, concatenated: bool = True) -> Iterator[bytes]:
    """Yields the content of a compressed stream.

    Chunks have a megabyte or less, those of zstd 32 MiB or less.

    Args:
        source: is read to its end.
        suffix: the compression, as in a file's name: `.gz`, `.xz`, `.zst`, `.bz2`, `.lzma`, or an
            empty string for none.
        concatenated: whether more streams may follow the first.

    Raises:
        ToolError: the compression is unknown, or the data is damaged, truncated or followed by
            other data.
    """
    if suffix == "":
        return iter(lambda: source.read(_CHUNK), b"")
    if suffix not in _DECODERS:
        raise ToolError(
            f"unknown compression {suffix!r}", f"it must be one of {', '.join(_DECODERS)}, or none"
        )
    return _decoded(source, suffix, concatenated)


def bounded(chunks: Iterable[bytes], limit: int, hint: str = "") -> Iterator[bytes]:
    """Passes chunks on, up to a limit of bytes.

    Raises:
        ToolError: there are more.
    """
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise ToolError(f"more than {limit} bytes uncompressed", hint)
        yield chunk


def _decoded(source: ByteReader, suffix: str, concatenated: bool) -> Iterator[bytes]:
    codec = _DECODERS[suffix]()
    size = streams = 0
    buffer, at = source.read(_INPUT), 0
    while at < len(buffer):
        if streams and not concatenated:
            raise ToolError(f"more data after the end of the {suffix} stream")
        if streams >= MAX_SMALL_STREAMS and size < streams * MIN_STREAM:
            raise ToolError(f"more than {MAX_SMALL_STREAMS} tiny {suffix} streams")
        streams += 1
        decoder = codec.start()
        while not decoder.eof:
            data = b""
            if decoder.needs_input:
                if at == len(buffer):
                    buffer, at = source.read(_INPUT), 0
                    if not buffer:
                        raise ToolError(f"invalid {suffix} stream: truncated")
                data = buffer[at : at + codec.step]
                at += len(data)
            try:
                piece = decoder.decompress(data, _CHUNK)
            except codec.errors as error:
                raise ToolError(f"invalid {suffix} stream: {error}") from None
            if piece:
                size += len(piece)
                yield piece
        at -= len(decoder.unused_data)
        if at == len(buffer):
            buffer, at = source.read(_INPUT), 0


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
        return self._decoder.decompress(data or self._decoder.unconsumed_tail, max_length)


class _Zstd:
    """libzstd's decoder with the interface of bz2's. It returns all output of its input at once."""

    def __init__(self, decoder: zstandard.ZstdDecompressionObj) -> None:
        self._decoder = decoder
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._decoder.decompress(data)


@dataclass(frozen=True, slots=True)
class _Codec:
    """How to decode one compression.

    `start` returns a decoder for one stream, which raises `errors` for damaged data and is given
    `step` bytes at a time.
    """

    start: Callable[[], _Decoder]
    errors: tuple[type[Exception], ...]
    step: int = _STEP


def _gzip() -> _Codec:
    import zlib

    return _Codec(_Gzip, (zlib.error,))


def _lzma(format_name: str) -> _Codec:
    import lzma

    container = {".xz": lzma.FORMAT_XZ, ".lzma": lzma.FORMAT_ALONE}[format_name]
    return _Codec(
        lambda: lzma.LZMADecompressor(container, MAX_DECODER_MEMORY), (lzma.LZMAError, EOFError)
    )


def _bzip2() -> _Codec:
    import bz2

    return _Codec(bz2.BZ2Decompressor, (OSError, EOFError, ValueError))


def _zstd() -> _Codec:
    import zstandard

    context = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    return _Codec(lambda: _Zstd(context.decompressobj()), (zstandard.ZstdError,), _ZSTD_STEP)


_DECODERS: dict[str, Callable[[], _Codec]] = {
    ".gz": _gzip,
    ".xz": lambda: _lzma(".xz"),
    ".zst": _zstd,
    ".bz2": _bzip2,
    ".lzma": lambda: _lzma(".lzma"),
}
