import gzip
import hashlib
import io
import random
import tarfile
from typing import Any

import pytest
import zstandard

from tools.lib.compress import Compression
from tools.lib.errors import ToolError
from tools.lib.part import PartWriter
from tools.lib.tarheader import END_OF_ARCHIVE, Entry

# More than a member, and more than a frame.
DATA = random.Random(0).randbytes(9_000_000)


def decompressed(run: bytes, compression: Compression) -> bytes:
    if compression == "gzip":
        return gzip.decompress(run)
    if compression == "zstd":
        source = zstandard.ZstdDecompressor().stream_reader(run, read_across_frames=True)
        return source.read()
    return run


def written(
    *files: tuple[str, bytes], compression: Compression = "gzip"
) -> tuple[bytes, dict[str, Any]]:
    out = io.BytesIO()
    writer = PartWriter(out, compression)
    for path, data in files:
        writer.add(Entry(path, "file", 0o644, mtime=len(path), size=len(data)), [data])
    metadata = writer.close(label="//a:b", architecture=None, package=None)
    return out.getvalue(), metadata


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
def test_a_run_is_the_entries_without_an_end(compression: Compression) -> None:
    run, metadata = written(("a/b", DATA), ("c", b""), compression=compression)
    archive = decompressed(run, compression)
    assert metadata["run"] == {
        "compression": compression,
        "size": len(run),
        "uncompressed_size": len(archive),
        "sha256": hashlib.sha256(run).hexdigest(),
    }
    assert not archive.endswith(END_OF_ARCHIVE)
    with tarfile.open(fileobj=io.BytesIO(archive + END_OF_ARCHIVE)) as tar:
        assert tar.getnames() == ["a/b", "c"]
        content = tar.extractfile("a/b")
        assert content
        assert content.read() == DATA


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_joined_runs_decompress_to_joined_archives(compression: Compression) -> None:
    one, _ = written(("a", DATA), compression=compression)
    two, _ = written(("b", b"B"), compression=compression)
    joined = decompressed(one, compression) + decompressed(two, compression)
    assert decompressed(one + two, compression) == joined


def test_a_run_depends_on_its_data_and_not_on_how_it_comes() -> None:
    out = io.BytesIO()
    writer = PartWriter(out, "gzip")
    pieces = [DATA[at : at + 77_777] for at in range(0, len(DATA), 77_777)]
    writer.add(Entry("a", "file", 0o644, mtime=1, size=len(DATA)), iter(pieces))
    writer.close(label="", architecture=None, package=None)
    assert out.getvalue() == written(("a", DATA))[0]


@pytest.mark.parametrize("size", [1, 3])
def test_data_of_another_size_than_announced_is_an_error(size: int) -> None:
    writer = PartWriter(io.BytesIO(), "none")
    with pytest.raises(ToolError, match=f"^a: 2 bytes of data, and {size} announced$"):
        writer.add(Entry("a", "file", 0o644, size=size), [b"xx"])


def test_parents_that_nobody_declares_are_implied() -> None:
    writer = PartWriter(io.BytesIO(), "none")
    writer.add(Entry("a/b", "directory", 0o700, 1, 2, 3))
    writer.add(Entry("a/b/c/d", "symlink", 0o777, mtime=9, link="x"))
    directories = writer.close(label="", architecture=None, package=None)["directories"]
    implied = {"mode": "0755", "uid": 0, "gid": 0, "mtime": 9, "implied": True}
    assert directories == [
        {"path": "a", **implied},
        {"path": "a/b", "mode": "0700", "uid": 1, "gid": 2, "mtime": 3},
        {"path": "a/b/c", **implied},
    ]


def test_the_loader_s_configuration_is_read_by_later_steps() -> None:
    _, metadata = written(
        ("etc/ld.so.conf", b"/opt/\xff\n"),
        ("etc/ld.so.conf.d/x.conf", b""),
        ("etc/ld.so.conf.d/y.conf", bytes(1 << 17)),
        ("etc/motd", b"hello"),
    )
    texts = {each["path"]: each["text"] for each in metadata["entries"] if "text" in each}
    assert texts == {"etc/ld.so.conf": "/opt/\udcff\n", "etc/ld.so.conf.d/x.conf": ""}
