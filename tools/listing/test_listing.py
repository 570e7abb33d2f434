from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.files.__main__ import main as files_layer
from tools.lib.cli.errors import ToolError
from tools.listing.__main__ import main

SHA256 = "2cf24dba5fb0a30e"  # of "hello", its first digits


def part(folder: Path, name: str, *entries: dict[str, object]) -> str:
    """Writes a part; returns the path of its metadata."""
    spec, metadata = folder / f"{name}.spec", folder / f"{name}.json"
    full = [{"mode": "0644", "uid": 0, "gid": 0, **entry} for entry in entries]
    spec.write_text(json.dumps({"mtime": 5, "entries": full}))
    outputs = ["--run", str(folder / "run"), "--metadata", str(metadata), "--label", f"//x:{name}"]
    files_layer(["--spec", str(spec), *outputs])
    return str(metadata)


def listing(folder: Path, *arguments: str) -> str:
    assert main([*arguments, "--output", str(folder / "list")]) == 0
    return (folder / "list").read_text("ascii")


def test_one_line_an_entry_of_all_parts_sorted_and_short(tmp_path: Path) -> None:
    first = part(
        tmp_path,
        "a",
        {"path": "usr/é", "type": "file", "content": "hello", "uid": 7},
        {"path": "usr", "type": "directory", "mode": "0755"},
    )
    second = part(tmp_path, "b", {"path": "bin/s", "type": "symlink", "mode": "0777", "link": "x"})
    assert listing(tmp_path, "--part", first, "--part", second).splitlines() == [
        '{"path":"bin","type":"directory","mode":"0755","mtime":5}',
        '{"path":"bin/s","type":"symlink","mode":"0777","mtime":5,"link":"x"}',
        '{"path":"usr","type":"directory","mode":"0755","mtime":5}',
        r'{"path":"usr/\u00e9","type":"file","mode":"0644","uid":7,"mtime":5,"size":5,'
        f'"sha256":"{SHA256}"' + "}",
    ]


def test_a_directory_that_a_layer_below_declares_keeps_its_mode(tmp_path: Path) -> None:
    lower = part(tmp_path, "a", {"path": "home", "type": "directory", "mode": "0700"})
    upper = part(tmp_path, "b", {"path": "home/f", "type": "file", "content": ""})
    lines = listing(tmp_path, "--part", upper, "--lower", lower).splitlines()
    assert lines[0] == '{"path":"home","type":"directory","mode":"0700","mtime":5}'
    assert len(lines) == 2


def test_parts_that_do_not_merge_are_an_error(tmp_path: Path) -> None:
    parts = [part(tmp_path, name, {"path": "x", "type": "file", "content": ""}) for name in "ab"]
    with pytest.raises(ToolError, match="x: in //x:a, and in //x:b"):
        listing(tmp_path, "--part", parts[0], "--part", parts[1])
