from __future__ import annotations

import gzip
import io
import json
import os
import struct
import tarfile
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tools.files.__main__ import main
from tools.lib.archive.tar_entry import END_OF_ARCHIVE
from tools.lib.cli.errors import ToolError


def make(
    folder: Path, entries: list[dict[str, Any]], *flags: str, **more: Any
) -> tuple[dict[str, Any], bytes]:
    """Runs the tool in `folder`; returns the metadata and the run."""
    fields = {"architecture": None, "mtime": 1735689600, "package": None}
    (folder / "spec.json").write_text(json.dumps(fields | {"entries": entries} | more))
    paths = {name: str(folder / name) for name in ("spec.json", "run", "part.json")}
    outputs = ["--blob-out", paths["run"], "--part-out", paths["part.json"], "--label", "//x:y"]
    assert main(["--spec", paths["spec.json"], *outputs, *flags]) == 0
    return json.loads((folder / "part.json").read_bytes()), (folder / "run").read_bytes()


def entry(path: str, kind: str, mode: str = "0644", **more: Any) -> dict[str, Any]:
    return {"path": path, "type": kind, "mode": mode, "uid": 0, "gid": 0} | more


ENTRIES = [
    entry("/usr/lib/x", "file", "4755", uid=7, gid=8, content="x\n"),
    entry("etc/y", "symlink", "0777", link="/usr/lib/x"),
    entry("srv", "directory", "1777"),
]


def test_the_run_holds_files_and_links_sorted_and_no_directories(tmp_path: Path) -> None:
    _, run = make(tmp_path, ENTRIES)
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(run) + END_OF_ARCHIVE)) as tar:
        first, second = tar.getmembers()
        content = tar.extractfile(second)
        assert content is not None
        assert content.read() == b"x\n"
    assert (first.name, first.linkname, first.mtime) == ("etc/y", "/usr/lib/x", 1735689600)
    assert (second.name, second.mode, second.uid, second.gid) == ("usr/lib/x", 0o4755, 7, 8)


def test_the_metadata_names_the_directories_declared_and_implied(tmp_path: Path) -> None:
    metadata, _ = make(tmp_path, ENTRIES)
    assert [
        (each["path"], each["mode"], each.get("implied", False)) for each in metadata["directories"]
    ] == [
        ("etc", "0755", True),
        ("srv", "1777", False),
        ("usr", "0755", True),
        ("usr/lib", "0755", True),
    ]


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
def test_compressions_hold_the_same(compression: str, tmp_path: Path) -> None:
    _, run = make(tmp_path, ENTRIES, "--compression", compression)
    (tmp_path / "plain").mkdir()
    _, plain = make(tmp_path / "plain", ENTRIES, "--compression", "none")
    if compression == "gzip":
        run = gzip.decompress(run)
    elif compression == "zstd":
        run = zstandard.ZstdDecompressor().decompress(run)
    assert run == plain


def test_the_order_of_the_spec_does_not_count(tmp_path: Path) -> None:
    assert make(tmp_path, ENTRIES) == make(tmp_path, ENTRIES[::-1])


def test_sources_give_their_bytes_and_nothing_else(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"from a file")
    entries = [entry("opt/x", "file", source=0)]
    first = make(tmp_path, entries, "--source", str(source))
    os.utime(source, (1, 1))
    source.chmod(0o777)
    assert make(tmp_path, entries, "--source", str(source)) == first
    assert first[0]["entries"][0]["size"] == 11


def test_a_directory_is_no_source_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"//x:y: opt/x: .* is no regular file"):
        make(tmp_path, [entry("opt/x", "file", source=0)], "--source", str(tmp_path))
    assert [each.name for each in tmp_path.iterdir()] == ["spec.json"]


def test_label_architecture_and_package_are_passed_on(tmp_path: Path) -> None:
    package = {"name": "p", "version": "1", "architecture": "armhf", "source": "p"}
    metadata, _ = make(tmp_path, [], "--label", "//a:b", architecture="arm", package=package)
    assert (metadata["label"], metadata["architecture"]) == ("//a:b", "arm")
    assert metadata["package"] == package


def test_a_library_is_described(tmp_path: Path) -> None:
    machine = 62
    header = b"\x7fELF" + bytes((2, 1, 1)).ljust(12, b"\0") + struct.pack("<HH", 3, machine)
    source = tmp_path / "libx.so"
    source.write_bytes(header.ljust(64, b"\0"))
    files = [entry("usr/lib/libx.so", "file", source=0), entry("etc/text", "file", content="x")]
    metadata, _ = make(tmp_path, files, "--source", str(source))
    text, library = metadata["entries"]
    assert "elf" not in text
    assert (library["elf"]["machine"], library["elf"]["type"]) == (machine, "dyn")
