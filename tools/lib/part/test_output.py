from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import pytest

from tools.lib.archive.tar_entry import TarEntry
from tools.lib.cli.flags import Parser
from tools.lib.debian.package import BinaryPackage
from tools.lib.oci.layer import read_layer
from tools.lib.part.inventory import read_inventory
from tools.lib.part.output import add_flags, part_writer
from tools.lib.part.part import Origin
from tools.lib.part.part_json import read_part


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def files() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def flags(*arguments: str) -> argparse.Namespace:
    parser = Parser("tool", "Makes a part.")
    add_flags(parser)
    args: argparse.Namespace = parser.parse_args(
        ["--blob-out", "blob", "--label", "//:a", *arguments]
    )
    return args


def write(args: argparse.Namespace) -> None:
    with part_writer(args) as writer:
        writer.add(TarEntry("a", "file", 0o644))
        writer.close(label=args.label, architecture=None, package=None)


def test_writes_the_blob_and_what_describes_it() -> None:
    write(flags("--part-out", "part.json", "--compression", "none"))
    assert files() == ["blob", "part.json"]
    part = read_part("part.json")
    assert (part.label, part.blob.size) == ("//:a", Path("blob").stat().st_size)


def test_the_inventory_is_that_of_the_blob() -> None:
    write(flags("--part-out", "part.json", "--inventory-out", "inventory.json"))
    assert files() == ["blob", "inventory.json", "part.json"]
    inventory = read_inventory("inventory.json")
    assert inventory.blob == read_part("part.json").blob.sha256
    assert inventory.sha1 == {"a": hashlib.sha1(b"").hexdigest()}


def write_file(data: bytes, package: BinaryPackage | None, *arguments: str) -> None:
    args = flags("--part-out", "part.json", "--outline-out", "outline.json", *arguments)
    with part_writer(args) as writer:
        writer.add(TarEntry("a", "file", 0o644, size=len(data)), [data])
        writer.close(label=args.label, architecture=None, package=package)


@pytest.mark.parametrize("compression", ["gzip", "zstd:chunked"])
def test_outlines_of_other_bytes_in_the_same_files_are_the_same(compression: str) -> None:
    outlines = set()
    for number, data in enumerate([b"", b"a longer text"]):
        write_file(data, None, f"--origin-url=https://x/{number}", f"--compression={compression}")
        outlines.add(Path("outline.json").read_bytes())
    assert len(outlines) == 1
    part = read_part("part.json")
    assert read_part("outline.json") == part.outline()
    assert part.outline().entries[0].path == "a"


def test_the_outline_of_a_package_is_its_part() -> None:
    write_file(b"a", BinaryPackage("a", "1", "all", "a"))
    assert Path("outline.json").read_bytes() == Path("part.json").read_bytes()


def test_part_has_the_origin_of_the_flags() -> None:
    write(flags("--part-out", "part.json"))
    assert read_part("part.json").origin is None
    write(flags("--part-out", "part.json", "--origin-url=https://x/y", "--origin-sha256=00"))
    assert read_part("part.json").origin == Origin(url="https://x/y", sha256="00")


def test_layer_is_longer_than_its_blob_and_described_too() -> None:
    write(flags("--part-out", "part.json", "--layer-out", "layer.json", "--compression", "none"))
    size = Path("blob").stat().st_size
    assert read_layer("layer.json").descriptor.size == size
    assert read_part("part.json").blob.size == size - 1024  # the end-of-archive mark


def test_part_that_cannot_be_written_leaves_no_file() -> None:
    args = flags("--part-out", "x/part.json", "--layer-out", "layer.json")
    with pytest.raises(FileNotFoundError) as caught:
        write(args)
    assert caught.value.filename == "x/part.json"
    assert files() == []
    Path("x/part.json").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        write(args)
    assert files() == ["x", "x/part.json"]
