"""Layers of chunked compressions, read by a strict reader of their formats."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tools.lib.archive.compress import CHUNKED, Compression
from tools.lib.archive.tar_entry import TarEntry
from tools.lib.cli.errors import ToolError
from tools.lib.part.part_json import write_part
from tools.lib.part.part_writer import PartWriter
from tools.lib.part.testing_chunked import Entries, read_estargz, read_zstd_chunked
from tools.oci_layer.__main__ import main

READERS: dict[Compression, Callable[[bytes, Mapping[str, str]], Entries]] = {
    "estargz": read_estargz,
    "zstd:chunked": read_zstd_chunked,
}
LONG = "opt/" + "é" * 60 + "/" + "n" * 120
# A chunk and a bit.
LARGE = random.Random(1).randbytes(4 << 20) + bytes(1000)

ONE = [
    (TarEntry("tmp", "directory", 0o1777, mtime=3), b""),
    (TarEntry("etc/empty", "file", 0o600, uid=5, gid=6, mtime=4), b""),
    (TarEntry("etc/text", "file", 0o4755, mtime=0, size=5), b"text\n"),
    (TarEntry("etc/text2", "hardlink", 0o4755, mtime=0, link="etc/text"), b""),
]
TWO = [
    (TarEntry("dev/null", "char", 0o666, mtime=9, device=(1, 3)), b""),
    (TarEntry("dev/sda", "block", 0o660, gid=6, mtime=9, device=(8, 0)), b""),
    (TarEntry("exact", "file", 0o644, mtime=9, size=4 << 20), LARGE[: 4 << 20]),
    (TarEntry("large", "file", 0o644, mtime=9, size=len(LARGE)), LARGE),
    (TarEntry(LONG, "file", 0o644, mtime=9, size=1), b"x"),
    (TarEntry("run/pipe", "fifo", 0o600, mtime=9), b""),
    (
        TarEntry(
            "usr/bin/ping", "file", 0o755, size=512, xattrs={"security.capability": b"\x01\xff"}
        ),
        b"p" * 512,
    ),
    (TarEntry("usr/s", "symlink", 0o777, mtime=9, link="../" + "t" * 120), b""),
]


def write(
    folder: Path, name: str, entries: list[tuple[TarEntry, bytes]], kind: Compression
) -> None:
    with (
        (folder / f"{name}.blob").open("wb") as out,
        (folder / f"{name}.json").open("wb") as json_out,
    ):
        writer = PartWriter(out, kind)
        for entry, data in entries:
            writer.add(entry, [data] if data else [])
        write_part(writer.close(label=f"//x:{name}", architecture=None, package=None), json_out)


def join(folder: Path, kind: Compression) -> tuple[bytes, dict[str, str], str]:
    """Joins both parts. Returns the layer, its annotations and its diff_id."""
    for name, entries in (("one", ONE), ("two", TWO)):
        write(folder, name, entries, kind)
    flags = [
        flag
        for name in ("one", "two")
        for flag in ("--part", f"{folder}/{name}.json", f"{folder}/{name}.blob")
    ]
    outputs = ["--blob-out", f"{folder}/layer", "--layer-out", f"{folder}/layer.json"]
    assert main([*flags, *outputs, "--label", "//x:layer", "--compression", kind]) == 0
    layer = json.loads((folder / "layer.json").read_bytes())
    return (
        (folder / "layer").read_bytes(),
        layer["descriptor"]["annotations"],
        layer["diff_id"],
    )


@pytest.mark.parametrize("kind", CHUNKED)
def test_reader_of_the_format_finds_every_entry(kind: Compression, tmp_path: Path) -> None:
    blob, annotations, _ = join(tmp_path, kind)
    found = READERS[kind](blob, annotations)
    given = [(entry.path, data) for entry, data in (*ONE, *TWO) if entry.type != "directory"]
    assert [(info.name, data) for info, data in found if not info.isdir()] == given
    directories = [info.name for info, _ in found if info.isdir()]
    assert directories == ["dev", "etc", "opt", "opt/" + "é" * 60, "run", "tmp", "usr", "usr/bin"]


@pytest.mark.parametrize("kind", CHUNKED)
def test_chunks_have_at_most_4_mib(kind: Compression, tmp_path: Path) -> None:
    write(tmp_path, "two", TWO, kind)
    part = json.loads((tmp_path / "two.json").read_bytes())
    sizes = {
        each["path"]: [chunk["size"] for chunk in each.get("chunks", [])]
        for each in part["entries"]
    }
    assert sizes["large"] == [4 << 20, 1000]
    assert sizes["exact"] == [4 << 20]
    assert sizes["run/pipe"] == []


def test_diff_id_of_zstd_chunked_is_that_of_the_tar(tmp_path: Path) -> None:
    diff_ids = []
    for kind in ("zstd:chunked", "gzip"):
        write(tmp_path, "one", ONE, kind)
        flags = ["--part", f"{tmp_path}/one.json", f"{tmp_path}/one.blob", "--compression", kind]
        outputs = ["--blob-out", f"{tmp_path}/layer", "--layer-out", f"{tmp_path}/layer.json"]
        assert main([*flags, *outputs, "--label", "//x:layer"]) == 0
        diff_ids.append(json.loads((tmp_path / "layer.json").read_bytes())["diff_id"])
    assert diff_ids[0] == diff_ids[1]


@pytest.mark.parametrize("kind", CHUNKED)
def test_blobs_are_copied_unchanged(kind: Compression, tmp_path: Path) -> None:
    blob, _, _ = join(tmp_path, kind)
    assert (tmp_path / "one.blob").read_bytes() + (tmp_path / "two.blob").read_bytes() in blob


@pytest.mark.parametrize("kind", CHUNKED)
def test_layer_of_one_part(kind: Compression) -> None:
    out = io.BytesIO()
    writer = PartWriter(out, kind, whole=True)
    for entry, data in TWO:
        writer.add(entry, [data[at : at + 99_999] for at in range(0, len(data), 99_999)])
    writer.close(label="//x:y", architecture=None, package=None)
    layer = writer.layer()
    blob = out.getvalue()
    found = READERS[kind](blob, layer.descriptor.annotations)
    assert [(info.name, data) for info, data in found[: len(TWO)]] == [
        (entry.path, data) for entry, data in TWO
    ]
    assert all(info.isdir() for info, _ in found[len(TWO) :])
    assert layer.descriptor.digest == f"sha256:{hashlib.sha256(blob).hexdigest()}"
    assert layer.descriptor.size == len(blob)


@pytest.mark.parametrize("kind", CHUNKED)
def test_layer_without_files(kind: Compression, tmp_path: Path) -> None:
    outputs = ["--blob-out", f"{tmp_path}/layer", "--layer-out", f"{tmp_path}/layer.json"]
    assert main([*outputs, "--label", "//x:layer", "--compression", kind]) == 0
    descriptor = json.loads((tmp_path / "layer.json").read_bytes())["descriptor"]
    assert READERS[kind]((tmp_path / "layer").read_bytes(), descriptor["annotations"]) == []


@pytest.mark.parametrize("kind", CHUNKED)
@pytest.mark.parametrize(
    "entry",
    [
        TarEntry("etc/\udcff", "file", 0o644),
        TarEntry("etc/link", "symlink", 0o777, link="\udcff"),
    ],
)
def test_name_that_is_not_utf8(entry: TarEntry, kind: Compression, tmp_path: Path) -> None:
    write(tmp_path, "one", [(entry, b"")], kind)
    flags = ["--part", f"{tmp_path}/one.json", f"{tmp_path}/one.blob", "--compression", kind]
    outputs = ["--blob-out", f"{tmp_path}/layer", "--layer-out", f"{tmp_path}/layer.json"]
    with pytest.raises(ToolError, match=rf"the name is not UTF-8, which {kind} requires"):
        main([*flags, *outputs, "--label", "//x:layer"])
    assert not (tmp_path / "layer").exists()
