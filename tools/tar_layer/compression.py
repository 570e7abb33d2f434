"""The compressions of OCI layers: told by their first bytes, and decompressed in bounded memory."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import IO

from tools.lib.errors import ToolError

# Of what layers must not be compressed by (image-spec 1.1, layer.md), what users try.
_OTHERS = {
    b"\xfd7zXZ\0": "xz",
    b"BZh": "bzip2",
    b"\x04\x22\x4d\x18": "lz4",
    b"LZIP": "lzip",
    b"PK\x03\x04": "zip",
}
_CHUNK = 1 << 18
# A block of zstd holds at most 128 KiB and may be 4 bytes long: this bounds what one step makes.
_ZSTD_CHUNK = 1 << 10

Observe = Callable[[bytes], None]


def detect(head: bytes) -> str:
    """The compression of a file by its first block, whatever its name says: gzip, zstd or ""."""
    if head[257:262] == b"ustar":  # an entry's name may start like anything
        return ""
    for magic, name in _OTHERS.items():
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
    return "zstd" if is_zstd else ""


def decompressed(source: IO[bytes], compression: str, observe: Observe) -> Iterator[bytes]:
    """The content of `source`, in chunks; `observe` sees the bytes as they are in the file.

    gzip may have several members and zstd several frames. A ToolError, to be completed by the name
    of the file, if it is damaged or truncated.
    """

    def read() -> bytes:
        data = source.read(_CHUNK)
        observe(data)
        return data

    chunks = iter(read, b"")
    if compression == "gzip":
        return _gunzip(chunks)
    return _unzstd(chunks) if compression == "zstd" else chunks


def _gunzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(wbits=31)
    try:
        for chunk in chunks:
            while chunk:
                if member.eof:
                    member = zlib.decompressobj(wbits=31)
                if data := member.decompress(chunk, _CHUNK):
                    yield data
                chunk = member.unused_data if member.eof else member.unconsumed_tail
        while not member.eof and (data := member.decompress(b"", _CHUNK)):
            yield data
    except zlib.error as error:
        raise ToolError(f"damaged gzip: {error}") from None
    if not member.eof:
        raise ToolError("truncated: the gzip stream does not end")


def _unzstd(chunks: Iterator[bytes]) -> Iterator[bytes]:
    import zstandard  # not needed for most tars

    frame = zstandard.ZstdDecompressor().decompressobj()
    try:
        for chunk in chunks:
            for start in range(0, len(chunk), _ZSTD_CHUNK):
                piece = chunk[start : start + _ZSTD_CHUNK]
                while piece:
                    if frame.eof:
                        frame = zstandard.ZstdDecompressor().decompressobj()
                    if data := frame.decompress(piece):
                        yield data
                    piece = frame.unused_data if frame.eof else b""
    except zstandard.ZstdError as error:
        raise ToolError(f"damaged zstd: {error}") from None
    if not frame.eof:
        raise ToolError("truncated: the zstd stream does not end")
