from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tools.lib.archive.compress import KINDS, Compression
from tools.lib.archive.tar_entry import Entry
from tools.lib.cli.errors import ToolError
from tools.lib.debian.package import BinaryPackage
from tools.lib.part.part_json import write_part
from tools.lib.part.part_writer import PartWriter
from tools.oci_layer.__main__ import main


class Layer:
    """What the tool made."""

    def __init__(self, folder: Path) -> None:
        self.blob = folder / "layer"
        self.data = self.blob.read_bytes()
        self.json: dict[str, Any] = json.loads((folder / "layer.json").read_bytes())

    def plain(self) -> bytes:
        if self.data.startswith(b"\x1f\x8b"):
            return gzip.decompress(self.data)
        if self.data.startswith(b"\x28\xb5\x2f\xfd"):
            reader = zstandard.ZstdDecompressor().stream_reader(self.data, read_across_frames=True)
            return reader.read()
        return self.data


Arguments = list[str]


def part(
    folder: Path,
    name: str,
    *entries: tuple[Entry, bytes],
    compression: Compression = "gzip",
    architecture: str | None = None,
) -> Arguments:
    """Writes a part; returns the arguments that name it."""
    part_json, blob = folder / f"{name}.json", folder / f"{name}.blob"
    with blob.open("wb") as out:
        writer = PartWriter(out, compression)
        for entry, data in entries:
            writer.add(entry, [data] if data else [])
        package = BinaryPackage(name, "1.0", "all", name)
        described = writer.close(label=f"//x:{name}", architecture=architecture, package=package)
    with part_json.open("wb") as out:
        write_part(described, out)
    return ["--part", str(part_json), str(blob)]


def merge(folder: Path, *arguments: str) -> Layer:
    outputs = ["--blob-out", str(folder / "layer"), "--layer-out", str(folder / "layer.json")]
    assert main([*arguments, *outputs, "--label", "//x:layer"]) == 0
    return Layer(folder)


def file(path: str, data: bytes = b"", mtime: int = 5) -> tuple[Entry, bytes]:
    return Entry(path, "file", 0o644, mtime=mtime, size=len(data)), data


def two_parts(folder: Path, compression: Compression) -> Arguments:
    long = "d/" + "é" * 90 + "/" + "n" * 120
    return [
        *part(
            folder,
            "a",
            (Entry("tmp", "directory", 0o1777, mtime=3), b""),
            file("usr/a", b"a" * 3000, 4),
            (Entry("usr/h", "hardlink", 0o644, mtime=4, link="usr/a"), b""),
            compression=compression,
        ),
        *part(
            folder,
            "b",
            file(long, b"b" * 513),
            (Entry("usr/s", "symlink", 0o777, mtime=9, link="a"), b""),
            compression=compression,
            architecture="arm",
        ),
    ]


@pytest.mark.parametrize("compression", KINDS)
def test_the_layer_is_one_whole_tar(compression: Compression, tmp_path: Path) -> None:
    parts = two_parts(tmp_path, compression)
    layer = merge(tmp_path, *parts, "--compression", compression)
    with tarfile.open(fileobj=io.BytesIO(layer.plain()), errorlevel=2) as tar:
        found = [(each.name, each.type, each.mtime) for each in tar]
    long = "d/" + "é" * 90
    assert found == [
        ("d", tarfile.DIRTYPE, 9),
        (long, tarfile.DIRTYPE, 9),
        ("tmp", tarfile.DIRTYPE, 3),
        ("usr", tarfile.DIRTYPE, 9),
        ("usr/a", tarfile.REGTYPE, 4),
        ("usr/h", tarfile.LNKTYPE, 4),
        (f"{long}/" + "n" * 120, tarfile.REGTYPE, 5),
        ("usr/s", tarfile.SYMTYPE, 9),
    ]


@pytest.mark.parametrize("compression", KINDS)
def test_gnu_tar_lists_it_without_a_word(compression: Compression, tmp_path: Path) -> None:
    layer = merge(tmp_path, *two_parts(tmp_path, compression), "--compression", compression)
    # GNU's gzip reads the members; that of zstd is no part of every system.
    flags, data = (["-z"], layer.data) if compression == "gzip" else ([], layer.plain())
    command = ["tar", "--quoting-style=literal", *flags, "-tvf", "-"]
    listed = subprocess.run(command, input=data, capture_output=True, check=True)
    assert listed.stderr == b""
    assert len(listed.stdout.splitlines()) == 8


@pytest.mark.parametrize("compression", KINDS)
def test_layer_json_describes_the_blob(compression: Compression, tmp_path: Path) -> None:
    parts = two_parts(tmp_path, compression)
    layer = merge(tmp_path, *parts, "--compression", compression, "--created-by", "Mallory")
    suffix = {"gzip": "+gzip", "zstd": "+zstd", "none": ""}[compression]
    assert layer.json == {
        "version": 1,
        "descriptor": {
            "mediaType": f"application/vnd.oci.image.layer.v1.tar{suffix}",
            "digest": f"sha256:{hashlib.sha256(layer.data).hexdigest()}",
            "size": len(layer.data),
        },
        "diff_id": f"sha256:{hashlib.sha256(layer.plain()).hexdigest()}",
        "architecture": "arm",
        "created": 9,
        "created_by": "Mallory",
        "architecture_owner": "b 1.0",
    }


def test_the_diff_id_is_the_same_in_every_compression(tmp_path: Path) -> None:
    found = set()
    for compression in KINDS:
        parts = two_parts(tmp_path, compression)
        found.add(merge(tmp_path, *parts, "--compression", compression).json["diff_id"])
    assert len(found) == 1


def test_runs_are_copied_as_they_are(tmp_path: Path) -> None:
    layer = merge(tmp_path, *two_parts(tmp_path, "gzip"))
    assert (tmp_path / "a.blob").read_bytes() + (tmp_path / "b.blob").read_bytes() in layer.data


def test_runs_of_many_members(tmp_path: Path) -> None:
    data = bytes(range(256)) * 40_000
    for compression in KINDS:
        arguments = part(tmp_path, "a", file("x", data), compression=compression)
        layer = merge(tmp_path, *arguments, "--compression", compression)
        with tarfile.open(fileobj=io.BytesIO(layer.plain())) as tar:
            content = tar.extractfile("x")
            assert content is not None
            assert content.read() == data


def test_a_part_of_directories_only_and_no_part_at_all(tmp_path: Path) -> None:
    arguments = part(tmp_path, "a", (Entry("srv", "directory", 0o700), b""))
    with tarfile.open(fileobj=io.BytesIO(merge(tmp_path, *arguments).plain())) as tar:
        assert tar.getnames() == ["srv"]
    empty = merge(tmp_path)
    assert empty.plain() == bytes(1024)
    assert empty.json["created"] is None


def test_a_param_file_gives_the_same(tmp_path: Path) -> None:
    parts = two_parts(tmp_path, "gzip")
    first = merge(tmp_path, *parts)
    (tmp_path / "params").write_text("\n".join(parts))
    assert merge(tmp_path, f"@{tmp_path}/params").json == first.json


def test_lower_parts_are_checked_and_not_merged(tmp_path: Path) -> None:
    part(tmp_path, "below", file("usr/below"), architecture="arm")
    lower = ["--base-part", str(tmp_path / "below.json")]
    layer = merge(tmp_path, *part(tmp_path, "a", file("usr/a")), *lower)
    assert b"below" not in layer.plain()
    assert layer.json["architecture"] is None
    with pytest.raises(
        ToolError, match=r"usr/below: duplicate entry: in below 1\.0, in a layer below and in b"
    ):
        merge(tmp_path, *part(tmp_path, "b", file("usr/below")), *lower)
    with pytest.raises(ToolError, match=r"below 1\.0 is for arm, b 1\.0 for amd64"):
        merge(tmp_path, *part(tmp_path, "b", architecture="amd64"), *lower)


def test_a_part_of_another_compression_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ToolError, match=r"//x:layer: a 1\.0 is compressed with gzip, the layer with zstd"
    ):
        merge(tmp_path, *two_parts(tmp_path, "gzip"), "--compression", "zstd")


@pytest.mark.parametrize("compression", KINDS)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data[:-5], id="cut"),
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data + data, id="doubled"),
        pytest.param(lambda data: data + b"\0" * 512, id="longer"),
        pytest.param(lambda data: data[:300] + b"\1" + data[301:], id="changed"),
        pytest.param(lambda data: b"\1" + data[1:], id="another format"),
    ],
)
def test_a_run_that_is_not_its_metadata_s_leaves_nothing(  # type: ignore[no-untyped-def]
    change, compression: Compression, tmp_path: Path
) -> None:
    text = hashlib.shake_256(b"incompressible").digest(4000)
    arguments = part(tmp_path, "a", file("usr/a", text), compression=compression)
    run = tmp_path / "a.blob"
    run.write_bytes(change(run.read_bytes()))
    with pytest.raises(ToolError, match=r"a\.blob: "):
        merge(tmp_path, *arguments, "--compression", compression)
    assert {each.name for each in tmp_path.iterdir()} == {"a.json", "a.blob"}
