from __future__ import annotations

import gzip
import json
import os
import sys
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


def program() -> bytes:
    """The test's own interpreter: a real program."""
    with open(sys.executable, "rb") as source:
        return source.read()


def test_without_a_mode_programs_are_executable(tmp_path: Path) -> None:
    contents = {
        "script": b"#!/bin/sh\n",
        "program": program(),
        "lib.so": shared_library("lib.so"),
        "text": b"text\n",
    }
    flags = []
    entries = []
    for index, (name, content) in enumerate(contents.items()):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o555)
        flags += ["--source", str(tmp_path / name)]
        entries.append(entry(f"app/{name}", "file", source=index) | {"mode": None})
    modes = {path: each.mode for path, each in make(tmp_path, entries, *flags).entries.items()}
    assert modes == {
        "app/lib.so": 0o644,
        "app/program": 0o755,
        "app/script": 0o755,
        "app/text": 0o644,
    }


def tree_of(folder: Path) -> Path:
    """A tree as a sandbox of Bazel shows it: each file is an absolute symlink to the real one."""
    real, staged = folder / "real", folder / "staged"
    for each in (real / "lib", real / "bin", staged / "lib", staged / "bin", staged / "empty"):
        each.mkdir(parents=True)
    (real / "lib/libx.so.1").write_bytes(b"library")
    (real / "lib/libx.so").symlink_to("libx.so.1")
    (real / "bin/x").write_bytes(b"#!x")
    (real / "outside").symlink_to("../../etc/x")
    for path in ("lib/libx.so.1", "lib/libx.so", "bin/x"):
        (staged / path).symlink_to(real / path)
    return staged


def test_a_tree_keeps_its_links_and_empty_directories(tmp_path: Path) -> None:
    tree = entry("app", "tree", source=0, uid=7) | {"mode": None}
    written = make(tmp_path, [tree], "--source", str(tree_of(tmp_path)))
    assert {path: (each.mode, each.linkname) for path, each in written.entries.items()} == {
        "app/bin/x": (0o755, ""),
        "app/lib/libx.so": (0o777, "libx.so.1"),
        "app/lib/libx.so.1": (0o644, ""),
    }
    assert {each.uid for each in written.entries.values()} == {7}
    assert [each.path for each in written.part.directories if not each.implied] == ["app/empty"]


def test_a_tree_at_the_root(tmp_path: Path) -> None:
    tree = entry("/", "tree", source=0) | {"mode": None}
    written = make(tmp_path, [tree], "--source", str(tree_of(tmp_path)))
    assert "bin/x" in written.entries


def test_a_dangling_link_in_a_tree_is_an_error(tmp_path: Path) -> None:
    staged = tree_of(tmp_path)
    (staged / "bad").symlink_to("/nonexistent/x")
    with pytest.raises(ToolError, match="//x:y: bad: a dangling symlink or a special file"):
        make(tmp_path, [entry("app", "tree", source=0)], "--source", str(staged))


def test_links_among_the_sources_are_kept_and_others_followed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "outside").symlink_to("spec.json")
    names = ["a", "link", "outside"]
    entries = [
        entry(f"app/{name}", "file", source=index) | {"mode": None}
        for index, name in enumerate(names)
    ]
    flags = [flag for name in names for flag in ("--source", str(tmp_path / name))]
    written = make(tmp_path, entries, *flags)
    assert written.entries["app/link"].linkname == "a"
    assert written.entries["app/outside"].isreg()


def test_modes_by_pattern(tmp_path: Path) -> None:
    entries = [entry(f"app/{name}", "file", content="") for name in ("bin/x", "bin/y", "z")]
    modes = [["app/bin", "0755"], ["app/*/y", "4750"]]
    written = make(tmp_path, entries, modes=modes)
    assert {path: each.mode for path, each in written.entries.items()} == {
        "app/bin/x": 0o755,
        "app/bin/y": 0o4750,
        "app/z": 0o644,
    }


def test_a_pattern_without_a_match_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="//x:y: modes: '/app/b\\*' matches no file"):
        make(tmp_path, [entry("app/x", "file", content="")], modes=[["app/b*", "0755"]])


def test_replaced_paths_are_declared(tmp_path: Path) -> None:
    part = make(tmp_path, [entry("etc/x", "file", content="")], replaces=["/etc/x"]).part
    assert part.replaces == ("etc/x",)
