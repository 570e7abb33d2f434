import gzip
import hashlib
import io
import random
import subprocess
import tarfile
from pathlib import Path

import pytest
import zstandard

from tools.lib.archive.compress import Compression
from tools.lib.archive.tar_entry import END_OF_ARCHIVE, TarEntry
from tools.lib.cli.errors import ToolError
from tools.lib.part.part import Blob, Part, PartDirectory
from tools.lib.part.part_writer import PartWriter

# More than one gzip member, and more than one zstd frame.
DATA = random.Random(0).randbytes(9_000_000)


def decompress(blob: bytes, compression: Compression) -> bytes:
    if compression == "gzip":
        return gzip.decompress(blob)
    if compression == "zstd":
        source = zstandard.ZstdDecompressor().stream_reader(blob, read_across_frames=True)
        return source.read()
    return blob


def write(*files: tuple[str, bytes], compression: Compression = "gzip") -> tuple[bytes, Part]:
    out = io.BytesIO()
    writer = PartWriter(out, compression)
    for path, data in files:
        writer.add(TarEntry(path, "file", 0o644, mtime=len(path), size=len(data)), [data])
    part = writer.close(label="//a:b", architecture=None, package=None)
    return out.getvalue(), part


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
def test_blob_is_the_entries_without_an_end(compression: Compression) -> None:
    blob, part = write(("a/b", DATA), ("c", b""), compression=compression)
    archive = decompress(blob, compression)
    assert part.blob == Blob(
        compression=compression,
        size=len(blob),
        uncompressed_size=len(archive),
        sha256=hashlib.sha256(blob).hexdigest(),
    )
    assert not archive.endswith(END_OF_ARCHIVE)
    with tarfile.open(fileobj=io.BytesIO(archive + END_OF_ARCHIVE)) as tar:
        assert tar.getnames() == ["a/b", "c"]
        content = tar.extractfile("a/b")
        assert content
        assert content.read() == DATA


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_joined_blobs_decompress_to_joined_archives(compression: Compression) -> None:
    one, _ = write(("a", DATA), compression=compression)
    two, _ = write(("b", b"B"), compression=compression)
    joined = decompress(one, compression) + decompress(two, compression)
    assert decompress(one + two, compression) == joined


def test_blob_does_not_depend_on_how_the_data_is_chunked() -> None:
    out = io.BytesIO()
    writer = PartWriter(out, "gzip")
    pieces = [DATA[at : at + 77_777] for at in range(0, len(DATA), 77_777)]
    writer.add(TarEntry("a", "file", 0o644, mtime=1, size=len(DATA)), iter(pieces))
    writer.close(label="", architecture=None, package=None)
    assert out.getvalue() == write(("a", DATA))[0]


@pytest.mark.parametrize("size", [1, 3])
def test_data_of_the_wrong_size(size: int) -> None:
    writer = PartWriter(io.BytesIO(), "none")
    with pytest.raises(ToolError, match=f"^a: 2 bytes of data, expected {size}$"):
        writer.add(TarEntry("a", "file", 0o644, size=size), [b"xx"])


def test_parents_that_are_not_declared_are_implied() -> None:
    writer = PartWriter(io.BytesIO(), "none")
    writer.add(TarEntry("a/b", "directory", 0o700, 1, 2, 3, xattrs={"user.x": b"\xff"}))
    writer.add(TarEntry("a/b/c/d", "symlink", 0o777, mtime=9, link="x"))
    part = writer.close(label="", architecture=None, package=None)
    assert part.directories == (
        PartDirectory(path="a", mode=0o755, uid=0, gid=0, mtime=9, implied=True),
        PartDirectory(path="a/b", mode=0o700, uid=1, gid=2, mtime=3, xattrs={"user.x": b"\xff"}),
        PartDirectory(path="a/b/c", mode=0o755, uid=0, gid=0, mtime=9, implied=True),
    )


def test_metadata_includes_the_text_of_configuration_files() -> None:
    _, part = write(
        ("etc/group", b"root:x:0:\n"),
        ("etc/ld.so.conf", b"/opt/\xff\n"),
        ("etc/ld.so.conf.d/x.conf", b""),
        ("etc/ld.so.conf.d/y.conf", bytes(1 << 17)),
        ("etc/motd", b"hello"),
    )
    texts = {each.path: each.text for each in part.entries if each.text is not None}
    assert texts == {
        "etc/group": "root:x:0:\n",
        "etc/ld.so.conf": "/opt/\udcff\n",
        "etc/ld.so.conf.d/x.conf": "",
    }


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
def test_layer_is_the_blob_all_directories_and_the_end(compression: Compression) -> None:
    out = io.BytesIO()
    writer = PartWriter(out, compression, whole=True)
    writer.add(TarEntry("a", "directory", 0o700, 1, 2, mtime=9))
    writer.add(TarEntry("a/b/c", "file", 0o644, mtime=5, size=len(DATA)), [DATA])
    part = writer.close(label="//a:b", architecture="arm64", package=None)
    layer = writer.layer()
    blob = out.getvalue()
    archive = decompress(blob, compression)
    assert archive.endswith(END_OF_ARCHIVE)
    assert layer.descriptor.digest == f"sha256:{hashlib.sha256(blob).hexdigest()}"
    assert layer.descriptor.size == len(blob)
    assert layer.diff_id == f"sha256:{hashlib.sha256(archive).hexdigest()}"
    assert (layer.architecture, layer.created) == ("arm64", 9)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert [(each.name, each.type, each.mode, each.uid) for each in tar] == [
            ("a/b/c", tarfile.REGTYPE, 0o644, 0),
            ("a", tarfile.DIRTYPE, 0o700, 1),
            ("a/b", tarfile.DIRTYPE, 0o755, 0),
        ]
    # The layer begins with the blob as it is without one.
    start = blob[: part.blob.size]
    assert part.blob.sha256 == hashlib.sha256(start).hexdigest()
    assert [each.path for each in part.directories] == ["a", "a/b"]


def test_layer_unpacks_alike_under_any_umask(tmp_path: Path) -> None:
    archive = tmp_path / "layer.tar"
    with archive.open("wb") as out:
        writer = PartWriter(out, "none", whole=True)
        writer.add(TarEntry("nodejs/bin/node", "file", 0o755))
        writer.close(label="//a:b", architecture=None, package=None)
        writer.layer()
    root = tmp_path / "root"
    root.mkdir()
    command = ["tar", "-C", str(root), "-xpf", str(archive)]
    subprocess.run(command, check=True, umask=0o077)
    modes = {str(path.relative_to(root)): path.stat().st_mode & 0o777 for path in root.rglob("*")}
    assert modes == {"nodejs": 0o755, "nodejs/bin": 0o755, "nodejs/bin/node": 0o755}
