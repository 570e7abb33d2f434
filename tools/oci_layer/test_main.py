from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tools.lib.archive.compress import KINDS, PLAIN, Compression
from tools.lib.archive.tar_entry import TarEntry
from tools.lib.cli.errors import ToolError
from tools.lib.debian.package import BinaryPackage
from tools.lib.part.part_json import write_part
from tools.lib.part.part_writer import PartWriter
from tools.oci_layer.__main__ import main


@dataclass(frozen=True)
class Output:
    """What the tool wrote."""

    blob: bytes
    layer_json: dict[str, Any]

    def tar(self) -> bytes:
        """The blob, uncompressed."""
        if self.blob.startswith(b"\x1f\x8b"):
            return gzip.decompress(self.blob)
        if self.blob.startswith(b"\x28\xb5\x2f\xfd"):
            reader = zstandard.ZstdDecompressor().stream_reader(self.blob, read_across_frames=True)
            return reader.read()
        return self.blob


def part(
    folder: Path,
    name: str,
    *entries: tuple[TarEntry, bytes],
    compression: Compression = "gzip",
    architecture: str | None = None,
) -> list[str]:
    """Writes a part of the package `name`; returns the flags for it."""
    part_json, blob = folder / f"{name}.json", folder / f"{name}.blob"
    with blob.open("wb") as out:
        writer = PartWriter(out, compression)
        for entry, data in entries:
            writer.add(entry, [data] if data else [])
        package = BinaryPackage(name, "1.0", "all", name)
        written = writer.close(label=f"//x:{name}", architecture=architecture, package=package)
    with part_json.open("wb") as out:
        write_part(written, out)
    return ["--part", str(part_json), str(blob)]


def join(folder: Path, *flags: str) -> Output:
    """Runs the tool, with its outputs in `folder`."""
    outputs = ["--blob-out", str(folder / "layer"), "--layer-out", str(folder / "layer.json")]
    assert main([*flags, *outputs, "--label", "//x:layer"]) == 0
    layer_json = json.loads((folder / "layer.json").read_bytes())
    return Output((folder / "layer").read_bytes(), layer_json)


def file(path: str, data: bytes = b"", mtime: int = 5) -> tuple[TarEntry, bytes]:
    return TarEntry(path, "file", 0o644, mtime=mtime, size=len(data)), data


LONG = "d/" + "é" * 90 + "/" + "n" * 120


def two_parts(folder: Path, compression: Compression) -> list[str]:
    return [
        *part(
            folder,
            "a",
            (TarEntry("tmp", "directory", 0o1777, mtime=3), b""),
            file("usr/a", b"a" * 3000, 4),
            (TarEntry("usr/h", "hardlink", 0o644, mtime=4, link="usr/a"), b""),
            compression=compression,
        ),
        *part(
            folder,
            "b",
            file(LONG, b"b" * 513),
            (TarEntry("usr/s", "symlink", 0o777, mtime=9, link="a"), b""),
            compression=compression,
            architecture="arm",
        ),
    ]


@pytest.mark.parametrize("compression", PLAIN)
def test_layer_is_one_tar(compression: Compression, tmp_path: Path) -> None:
    parts = two_parts(tmp_path, compression)
    layer = join(tmp_path, *parts, "--compression", compression)
    with tarfile.open(fileobj=io.BytesIO(layer.tar()), errorlevel=2) as tar:
        entries = [(each.name, each.type, each.mtime) for each in tar]
    assert entries == [
        ("d", tarfile.DIRTYPE, 9),
        (LONG.rpartition("/")[0], tarfile.DIRTYPE, 9),
        ("tmp", tarfile.DIRTYPE, 3),
        ("usr", tarfile.DIRTYPE, 9),
        ("usr/a", tarfile.REGTYPE, 4),
        ("usr/h", tarfile.LNKTYPE, 4),
        (LONG, tarfile.REGTYPE, 5),
        ("usr/s", tarfile.SYMTYPE, 9),
    ]


@pytest.mark.parametrize("compression", KINDS)
def test_gnu_tar_lists_the_layer_without_warnings(compression: Compression, tmp_path: Path) -> None:
    layer = join(tmp_path, *two_parts(tmp_path, compression), "--compression", compression)
    # GNU tar reads the gzip members itself; not every system has a program for zstd.
    is_gzip = compression in ("gzip", "estargz")
    flags, data = (["-z"], layer.blob) if is_gzip else ([], layer.tar())
    command = ["tar", "--quoting-style=literal", *flags, "-tvf", "-"]
    listed = subprocess.run(command, input=data, capture_output=True, check=True)
    assert listed.stderr == b""
    # eStargz adds a landmark and a table of contents.
    assert len(listed.stdout.splitlines()) == (10 if compression == "estargz" else 8)


@pytest.mark.parametrize("compression", PLAIN)
def test_layer_json_describes_the_blob(compression: Compression, tmp_path: Path) -> None:
    parts = two_parts(tmp_path, compression)
    layer = join(tmp_path, *parts, "--compression", compression, "--created-by", "Mallory")
    suffix = {"gzip": "+gzip", "zstd": "+zstd", "none": ""}[compression]
    assert layer.layer_json == {
        "version": 1,
        "descriptor": {
            "mediaType": f"application/vnd.oci.image.layer.v1.tar{suffix}",
            "digest": f"sha256:{hashlib.sha256(layer.blob).hexdigest()}",
            "size": len(layer.blob),
        },
        "diff_id": f"sha256:{hashlib.sha256(layer.tar()).hexdigest()}",
        "architecture": "arm",
        "architecture_owner": "b 1.0",
        "created": 9,
        "created_by": "Mallory",
    }


def test_diff_id_does_not_depend_on_the_compression(tmp_path: Path) -> None:
    diff_ids = set()
    for compression in (*PLAIN, "zstd:chunked"):
        parts = two_parts(tmp_path, compression)
        layer = join(tmp_path, *parts, "--compression", compression)
        diff_ids.add(layer.layer_json["diff_id"])
    assert len(diff_ids) == 1


def test_blobs_are_copied_unchanged(tmp_path: Path) -> None:
    layer = join(tmp_path, *two_parts(tmp_path, "gzip"))
    blobs = [(tmp_path / f"{name}.blob").read_bytes() for name in "ab"]
    assert b"".join(blobs) in layer.blob


def test_blobs_of_many_members(tmp_path: Path) -> None:
    data = bytes(range(256)) * 40_000
    for compression in KINDS:
        flags = part(tmp_path, "a", file("x", data), compression=compression)
        layer = join(tmp_path, *flags, "--compression", compression)
        with tarfile.open(fileobj=io.BytesIO(layer.tar())) as tar:
            content = tar.extractfile("x")
            assert content is not None
            assert content.read() == data


def test_part_with_only_directories(tmp_path: Path) -> None:
    flags = part(tmp_path, "a", (TarEntry("srv", "directory", 0o700), b""))
    with tarfile.open(fileobj=io.BytesIO(join(tmp_path, *flags).tar())) as tar:
        assert tar.getnames() == ["srv"]


def test_no_parts(tmp_path: Path) -> None:
    empty = join(tmp_path)
    assert empty.tar() == bytes(1024)
    assert empty.layer_json["created"] is None


def test_flags_from_a_file(tmp_path: Path) -> None:
    flags = two_parts(tmp_path, "gzip")
    expected = join(tmp_path, *flags)
    (tmp_path / "params").write_text("\n".join(flags))
    assert join(tmp_path, f"@{tmp_path}/params") == expected


def test_base_parts_are_checked_but_not_included(tmp_path: Path) -> None:
    part(tmp_path, "below", file("usr/below"), architecture="arm")
    base = ["--base-part", str(tmp_path / "below.json")]
    layer = join(tmp_path, *part(tmp_path, "a", file("usr/a")), *base)
    assert b"below" not in layer.tar()
    assert layer.layer_json["architecture"] is None
    with pytest.raises(ToolError, match=r"usr/below: duplicate entry: in below 1\.0, in a layer"):
        join(tmp_path, *part(tmp_path, "b", file("usr/below")), *base)
    with pytest.raises(
        ToolError, match=r"b 1\.0 is for amd64, but below 1\.0, in a layer below, is for arm"
    ):
        join(tmp_path, *part(tmp_path, "b", architecture="amd64"), *base)


def test_part_of_another_compression(tmp_path: Path) -> None:
    expected = r"^//x:layer: a 1\.0 is compressed with gzip, the layer with zstd"
    with pytest.raises(ToolError, match=expected):
        join(tmp_path, *two_parts(tmp_path, "gzip"), "--compression", "zstd")


@pytest.mark.parametrize("compression", KINDS)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data[:-5], id="truncated"),
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data + data, id="doubled"),
        pytest.param(lambda data: data + b"\0" * 512, id="longer"),
        pytest.param(lambda data: data[:300] + b"\1" + data[301:], id="changed"),
        pytest.param(lambda data: b"\1" + data[1:], id="another format"),
    ],
)
def test_blob_that_does_not_match_its_part_leaves_no_output(
    change: Callable[[bytes], bytes], compression: Compression, tmp_path: Path
) -> None:
    incompressible = hashlib.shake_256(b"seed").digest(4000)
    flags = part(tmp_path, "a", file("usr/a", incompressible), compression=compression)
    blob = tmp_path / "a.blob"
    blob.write_bytes(change(blob.read_bytes()))
    with pytest.raises(ToolError, match=r"a\.blob: "):
        join(tmp_path, *flags, "--compression", compression)
    assert {each.name for each in tmp_path.iterdir()} == {"a.json", "a.blob"}
