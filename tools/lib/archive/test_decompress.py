import bz2
import gzip
import io
import lzma
import random
from collections.abc import Callable

import pytest
import zstandard

from tools.lib.archive.decompress import bounded, chunks, detect
from tools.lib.cli.errors import ToolError

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    ".bz2": bz2.compress,
    ".lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
}
DATA = random.Random(0).randbytes(300_000) + bytes(3_000_000)


def read(data: bytes, suffix: str) -> bytes:
    return b"".join(chunks(io.BytesIO(data), suffix))


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_concatenated_streams_are_one(suffix: str) -> None:
    compress = COMPRESSORS[suffix]
    assert read(compress(DATA) + compress(b"more"), suffix) == DATA + b"more"


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_concatenated_streams_can_be_refused(suffix: str) -> None:
    compress = COMPRESSORS[suffix]
    source = io.BytesIO(compress(DATA) + compress(b"more"))
    with pytest.raises(ToolError, match=f"more data after the end of the {suffix} stream"):
        list(chunks(source, suffix, concatenated=False))
    assert b"".join(chunks(io.BytesIO(compress(DATA)), suffix, concatenated=False)) == DATA


@pytest.mark.parametrize("suffix", COMPRESSORS)
@pytest.mark.parametrize(
    "size", [0, 1, (1 << 18) - 1, 1 << 18, (1 << 20) - 1, 1 << 20, (1 << 20) + 1]
)
def test_sizes_at_the_edges_of_chunks(suffix: str, size: int) -> None:
    for data in (bytes(size), DATA[:size]):
        assert read(COMPRESSORS[suffix](data), suffix) == data


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_chunks_are_small_whatever_the_ratio(suffix: str) -> None:
    bomb = COMPRESSORS[suffix](bytes(40 << 20))
    assert max(len(chunk) for chunk in chunks(io.BytesIO(bomb), suffix)) <= 32 << 20


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_many_tiny_streams(suffix: str) -> None:
    compress = COMPRESSORS[suffix]
    with pytest.raises(ToolError, match=f"more than 4096 tiny {suffix} streams"):
        read(compress(b"") * 5000, suffix)
    assert read(compress(bytes(64)) * 5000, suffix) == bytes(64 * 5000)


def test_chunks_up_to_a_limit() -> None:
    assert list(bounded([b"12", b"3"], 3)) == [b"12", b"3"]
    with pytest.raises(ToolError, match=r"^more than 2 bytes uncompressed \(hint: allow more\)$"):
        list(bounded([b"12", b"3"], 2, "allow more"))


@pytest.mark.parametrize("suffix", COMPRESSORS)
@pytest.mark.parametrize("damage", ["truncated", "trailing", "other"])
def test_damaged_streams(suffix: str, damage: str) -> None:
    whole = COMPRESSORS[suffix](DATA[:100_000])
    data = {
        "truncated": whole[:-5],
        "trailing": whole + b"garbage that is longer than a header",
        "other": b"text that is not compressed at all",
    }[damage]
    with pytest.raises(ToolError, match=f"invalid {suffix} stream"):
        read(data, suffix)


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst", ".bz2"])
def test_checksums_are_verified(suffix: str) -> None:
    data = bytearray(COMPRESSORS[suffix](DATA[:100_000]))
    data[50_000] ^= 0x55
    with pytest.raises(ToolError, match=f"invalid {suffix} stream"):
        read(bytes(data), suffix)


def test_no_compression_and_an_unknown_one() -> None:
    assert read(DATA, "") == DATA
    with pytest.raises(ToolError, match=r"unknown compression '\.Z'"):
        read(b"", ".Z")


@pytest.mark.parametrize(
    ("head", "compression"),
    [
        (gzip.compress(b"x"), "gzip"),
        (zstandard.compress(b"x"), "zstd"),
        (b"\x5f\x2a\x4d\x18" + bytes(8), "zstd"),
        (b"", "none"),
        (b"BZh.txt".ljust(257, b"\0") + b"ustar\0", "none"),
    ],
)
def test_the_first_bytes_tell_the_compression_of_a_layer(head: bytes, compression: str) -> None:
    assert detect(head) == compression


@pytest.mark.parametrize(("suffix", "name"), [(".xz", "xz"), (".bz2", "bzip2")])
def test_compressions_that_layers_must_not_have(suffix: str, name: str) -> None:
    with pytest.raises(ToolError, match=f"compressed with {name}, which OCI layers must not be"):
        detect(COMPRESSORS[suffix](b"x"))
