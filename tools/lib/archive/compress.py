"""Compresses layers in members: pieces of limited size that decompressors read as one stream.

gzip is RFC 1952 by libdeflate, zstd RFC 8878 by libzstd. The headers have no time, no name and no
system, so that the same bytes give the same member everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

Compression = Literal["gzip", "zstd", "none", "estargz", "zstd:chunked"]
"""`estargz` is gzip, `zstd:chunked` is zstd: each file has members of its own, and the end of the
layer says where they are, so that a client can get one file."""

PLAIN: tuple[Compression, ...] = ("gzip", "zstd", "none")
CHUNKED: tuple[Compression, ...] = ("estargz", "zstd:chunked")
KINDS = PLAIN + CHUNKED

# Bytes of tar in a member. Deflate looks back 32 KiB, so a restart every 2 MiB costs 0.1 %. zstd
# looks back further: for a Java runtime, 8 MiB save 0.6 % against 4 MiB, 32 MiB another 1.2 %.
# Clients of chunked layers get a member at a time; 4 MiB are what eStargz's own tools write.
MEMBER: dict[Compression, int] = {
    "gzip": 2 << 20,
    "zstd": 8 << 20,
    "none": 1 << 20,
    "estargz": 4 << 20,
    "zstd:chunked": 4 << 20,
}

# Both compress about 100 MB/s, and zstd's result is 16 % smaller. Its level 9 takes twice the time
# to save another 4 %, level 19 forty times for 13 %.
_GZIP_LEVEL = 6
_ZSTD_LEVEL = 6


def compressor(kind: Compression) -> Callable[[bytes | bytearray], bytes]:
    """Returns the function that compresses the bytes of one member."""
    if kind in ("gzip", "estargz"):
        import deflate

        # Bytes 4 to 7 are the time: none. Byte 9 is the system: unknown.
        return lambda data: _plain_header(bytes(deflate.gzip_compress(data, _GZIP_LEVEL)))
    if kind in ("zstd", "zstd:chunked"):
        import zstandard

        return zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_content_size=True).compress
    return bytes


def _plain_header(member: bytes) -> bytes:
    return member[:4] + bytes(4) + member[8:9] + b"\xff" + member[10:]
