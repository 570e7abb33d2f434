from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tools.files.__main__ import main
from tools.lib.cli.errors import ToolError
from tools.lib.elf.testing import AMD64, shared_library
from tools.lib.part.testing_blob import WrittenPart, read_written_part


def run(folder: Path, entries: list[dict[str, Any]], *flags: str, **more: Any) -> None:
    """Runs the tool; its files are `spec.json`, `blob` and `part.json` of `folder`."""
    fields = {"version": 1, "architecture": None, "mtime": 1735689600, "entries": entries}
    (folder / "spec.json").write_text(json.dumps(fields | more))
    outputs = [f"--blob-out={folder}/blob", f"--part-out={folder}/part.json", "--label=//x:y"]
    assert main([f"--spec={folder}/spec.json", *outputs, *flags]) == 0


def make(folder: Path, entries: list[dict[str, Any]], *flags: str, **more: Any) -> WrittenPart:
    run(folder, entries, *flags, **more)
    return read_written_part(folder / "blob", folder / "part.json")


def entry(path: str, kind: str, mode: str = "0644", **more: Any) -> dict[str, Any]:
    return {"path": path, "type": kind, "mode": mode, "uid": 0, "gid": 0} | more


ENTRIES = [
    entry("/usr/lib/x", "file", "4755", uid=7, gid=8, content="x\n"),
    entry("etc/y", "symlink", "0777", link="/usr/lib/x"),
    entry("srv", "directory", "1777"),
]


def test_the_blob_has_files_and_symlinks_sorted_and_no_directories(tmp_path: Path) -> None:
    written = make(tmp_path, ENTRIES)
    first, second = written.entries.values()
    assert (first.name, first.linkname, first.mtime) == ("etc/y", "/usr/lib/x", 1735689600)
    assert (second.name, second.mode, second.uid, second.gid) == ("usr/lib/x", 0o4755, 7, 8)
    assert written.contents["usr/lib/x"] == b"x\n"


def test_the_part_has_the_declared_and_implied_directories(tmp_path: Path) -> None:
    part = make(tmp_path, ENTRIES).part
    assert [(each.path, each.mode, each.implied) for each in part.directories] == [
        ("etc", 0o755, True),
        ("srv", 0o1777, False),
        ("usr", 0o755, True),
        ("usr/lib", 0o755, True),
    ]


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
def test_every_compression_has_the_same_content(compression: str, tmp_path: Path) -> None:
    run(tmp_path, ENTRIES, "--compression", compression)
    blob = (tmp_path / "blob").read_bytes()
    if compression == "gzip":
        blob = gzip.decompress(blob)
    elif compression == "zstd":
        blob = zstandard.ZstdDecompressor().decompress(blob)
    run(tmp_path, ENTRIES, "--compression", "none")
    assert blob == (tmp_path / "blob").read_bytes()


def test_the_order_of_the_spec_does_not_matter(tmp_path: Path) -> None:
    outputs = []
    for entries in (ENTRIES, ENTRIES[::-1]):
        run(tmp_path, entries)
        outputs.append([(tmp_path / name).read_bytes() for name in ("blob", "part.json")])
    assert outputs[0] == outputs[1]


def test_only_the_content_of_a_source_matters(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"from a file")
    entries = [entry("opt/x", "file", source=0)]
    first = make(tmp_path, entries, "--source", str(source))
    assert first.contents["opt/x"] == b"from a file"
    blob = (tmp_path / "blob").read_bytes()
    os.utime(source, (1, 1))
    source.chmod(0o777)
    assert make(tmp_path, entries, "--source", str(source)).part == first.part
    assert (tmp_path / "blob").read_bytes() == blob


def test_a_directory_as_a_source_is_an_error_and_leaves_no_output(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"//x:y: opt/x: .* is not a regular file"):
        make(tmp_path, [entry("opt/x", "file", source=0)], "--source", str(tmp_path))
    assert [each.name for each in tmp_path.iterdir()] == ["spec.json"]


def test_the_part_has_the_label_and_architecture(tmp_path: Path) -> None:
    part = make(tmp_path, [], "--label", "//a:b", architecture="arm").part
    assert (part.label, part.architecture, part.package) == ("//a:b", "arm", None)


def test_a_library_is_described(tmp_path: Path) -> None:
    source = tmp_path / "libx.so"
    source.write_bytes(shared_library("libx.so.1"))
    files = [entry("usr/lib/libx.so", "file", source=0), entry("etc/text", "file", content="x")]
    text, library = make(tmp_path, files, "--source", str(source)).part.entries
    assert text.elf is None
    assert library.elf
    assert (library.elf.machine, library.elf.soname) == (AMD64, "libx.so.1")
