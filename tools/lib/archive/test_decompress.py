import bz2
import gzip
import io
import lzma
import random
from collections.abc import Callable

import pytest
import zstandard

from tools.lib.archive.decompress import chunks, detect
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
def test_streams_one_after_the_other_are_one(suffix: str) -> None:
    compress = COMPRESSORS[suffix]
    assert read(compress(DATA) + compress(b"more"), suffix) == DATA + b"more"


@pytest.mark.parametrize("suffix", COMPRESSORS)
@pytest.mark.parametrize(
    "size", [0, 1, (1 << 18) - 1, 1 << 18, (1 << 20) - 1, 1 << 20, (1 << 20) + 1]
)
def test_sizes_at_the_edges_of_chunks(suffix: str, size: int) -> None:
    for data in (bytes(size), DATA[:size]):
        assert read(COMPRESSORS[suffix](data), suffix) == data


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_a_little_input_never_becomes_much_memory(suffix: str) -> None:
    bomb = COMPRESSORS[suffix](bytes(40 << 20))
    assert max(len(chunk) for chunk in chunks(io.BytesIO(bomb), suffix)) <= 32 << 20


@pytest.mark.parametrize("suffix", COMPRESSORS)
@pytest.mark.parametrize("damage", ["cut", "tail", "other"])
def test_damage_is_an_error(suffix: str, damage: str) -> None:
    whole = COMPRESSORS[suffix](DATA[:100_000])
    data = {
        "cut": whole[:-5],
        "tail": whole + b"garbage, more than a header's length of it",
        "other": b"no such stream, but some text",
    }[damage]
    with pytest.raises(ToolError, match=f"not a whole {suffix} stream"):
        read(data, suffix)


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst", ".bz2"])
def test_checksums_are_checked(suffix: str) -> None:
    data = bytearray(COMPRESSORS[suffix](DATA[:100_000]))
    data[50_000] ^= 0x55
    with pytest.raises(ToolError, match=f"not a whole {suffix} stream"):
        read(bytes(data), suffix)


def test_no_compression_and_an_unknown_one() -> None:
    assert read(DATA, "") == DATA
    with pytest.raises(ToolError, match=r"'\.Z' is no known compression"):
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
def test_a_layer_s_compression_is_told_by_its_first_bytes(head: bytes, compression: str) -> None:
    assert detect(head) == compression


@pytest.mark.parametrize("suffix", [".xz", ".bz2"])
def test_compressions_that_layers_may_not_have_are_named(suffix: str) -> None:
    with pytest.raises(ToolError, match="which no OCI layer may be"):
        detect(COMPRESSORS[suffix](b"x"))
