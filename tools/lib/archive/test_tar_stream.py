import gzip
import hashlib
from collections.abc import Callable
from io import BytesIO

import pytest
import zstandard

from tools.lib.archive.forward import ForwardReader
from tools.lib.archive.tar_reader import content
from tools.lib.archive.tar_stream import TarStream
from tools.lib.archive.testing import archive, header
from tools.lib.cli.errors import ToolError

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
    "none": bytes,
}
TAR = archive(header(name=b"a", size=1000), b"x" * 1000, header(name=b"b", size=3), b"abc")


@pytest.mark.parametrize("compression", COMPRESSORS)
def test_one_pass_gives_entries_contents_and_digests(compression: str) -> None:
    data = COMPRESSORS[compression](TAR)
    stream = TarStream(BytesIO(data))
    found = {
        member.entry.path: b"".join(content(member, stream.read_at)) for member in stream.members()
    }
    assert found == {"a": b"x" * 1000, "b": b"abc"}
    assert stream.compression == compression
    digests = stream.digests()
    assert digests.compressed == hashlib.sha256(data).hexdigest()
    assert digests.uncompressed == hashlib.sha256(TAR).hexdigest()
    assert digests.size == len(data)


@pytest.mark.parametrize("compression", COMPRESSORS)
def test_contents_and_even_entries_may_be_left_unread(compression: str) -> None:
    data = COMPRESSORS[compression](TAR)
    stream = TarStream(BytesIO(data))
    assert next(stream.members()).entry.path == "a"
    assert stream.digests().uncompressed == hashlib.sha256(TAR).hexdigest()
    assert stream.digests().compressed == hashlib.sha256(data).hexdigest()


def test_an_archive_that_expands_to_more_than_its_file_allows() -> None:
    bomb = zstandard.compress(bytes(300 << 20))
    stream = TarStream(BytesIO(bomb))
    with pytest.raises(ToolError, match="more than 268435456 bytes uncompressed"):
        list(stream.members())
    assert list(TarStream(BytesIO(bomb), max_size=1 << 30).members()) == []


def test_a_stream_is_read_by_growing_offsets() -> None:
    stream = ForwardReader(iter([b"0123", b"4567", b"89"]))
    assert stream.read_at(0, 2) == b"01"
    assert stream.read_at(0, 2) == b"01"  # still in the same chunk
    assert stream.read_at(3, 6) == b"345678"
    assert stream.read_at(9, 6) == b"9"
    assert stream.read_at(10, 1) == b""
    assert stream.read_at(99, 1) == b""
