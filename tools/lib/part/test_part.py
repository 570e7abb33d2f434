import gzip
import hashlib
import io
import random
import tarfile
from typing import Any

import pytest
import zstandard

from tools.lib.archive.compress import Compression
from tools.lib.archive.tar_entry import END_OF_ARCHIVE, Entry
from tools.lib.cli.errors import ToolError
from tools.lib.part.part import PartWriter

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


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
def test_a_whole_layer_is_the_run_its_own_directories_and_the_end(
    compression: Compression,
) -> None:
    out = io.BytesIO()
    writer = PartWriter(out, compression, whole=True)
    writer.add(Entry("a", "directory", 0o700, 1, 2, mtime=9))
    writer.add(Entry("a/b/c", "file", 0o644, mtime=5, size=len(DATA)), [DATA])
    part = writer.close(label="//a:b", architecture="arm64", package=None)
    layer = writer.layer()
    blob = out.getvalue()
    archive = decompressed(blob, compression)
    assert archive.endswith(END_OF_ARCHIVE)
    assert layer.descriptor.digest == f"sha256:{hashlib.sha256(blob).hexdigest()}"
    assert layer.descriptor.size == len(blob)
    assert layer.diff_id == f"sha256:{hashlib.sha256(archive).hexdigest()}"
    assert (layer.architecture, layer.created) == ("arm64", 9)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        # a/b is implied: a layer below may have it with another mode.
        assert [(each.name, each.mode, each.uid) for each in tar] == [
            ("a/b/c", 0o644, 0),
            ("a", 0o700, 1),
        ]
    # What stands before is the run, as it is without a layer.
    run = blob[: part["run"]["size"]]
    assert part["run"]["sha256"] == hashlib.sha256(run).hexdigest()
    assert [each["path"] for each in part["directories"]] == ["a", "a/b"]


def test_what_is_no_whole_layer_from_the_start_has_no_digest_of_one() -> None:
    writer = PartWriter(io.BytesIO(), "none")
    writer.add(Entry("a", "file", 0o644, mtime=5))
    writer.close(label="//a:b", architecture=None, package=None)
    with pytest.raises(AssertionError):
        writer.layer()
