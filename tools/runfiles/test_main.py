from __future__ import annotations

from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.elf.testing import shared_library
from tools.lib.part.testing_blob import WrittenPart, read_written_part
from tools.runfiles.__main__ import main

MTIME = 1735689600


def make(folder: Path, *arguments: str) -> WrittenPart:
    outputs = {"blob-out": folder / "blob", "part-out": folder / "json"}
    flags = [f"--{name}={path}" for name, path in outputs.items()]
    assert main([*arguments, f"--mtime={MTIME}", "--label=//:app", *flags]) == 0
    return read_written_part(folder / "blob", folder / "json")


def source(folder: Path, name: str, content: bytes, mode: int = 0o644) -> str:
    path = folder / name
    path.write_bytes(content)
    path.chmod(mode)
    return str(path)


def test_files_are_sorted_and_their_modes_follow_from_their_content(tmp_path: Path) -> None:
    script = source(tmp_path, "script", b"#!/usr/bin/python3\n")
    text = source(tmp_path, "text", b"text\n", 0o555)
    written = make(
        tmp_path,
        *("--file", "/app/x.runfiles/_main/text", text),
        *("--file", "/app/x", script),
        *("--file", "/app/main", text),
        *("--executable", "/app/main"),
        *("--empty", "/app/x.runfiles/_main/__init__.py"),
    )
    assert [(path, entry.mode) for path, entry in written.entries.items()] == [
        ("app/main", 0o755),
        ("app/x", 0o755),
        ("app/x.runfiles/_main/__init__.py", 0o644),
        ("app/x.runfiles/_main/text", 0o644),
    ]
    assert {(each.uid, each.gid, each.mtime) for each in written.entries.values()} == {
        (0, 0, MTIME)
    }
    assert written.contents["app/x.runfiles/_main/text"] == b"text\n"
    assert written.contents["app/x.runfiles/_main/__init__.py"] == b""
    assert written.part.architecture is None


def test_programs_give_the_architecture(tmp_path: Path) -> None:
    program = source(tmp_path, "program", shared_library("libx.so.1"))
    written = make(tmp_path, "--file", "/app/program", program)
    assert written.part.architecture == "amd64"
    assert written.entries["app/program"].mode == 0o755
    assert written.part.entries[0].elf


def test_an_empty_file_yields_to_one_with_content(tmp_path: Path) -> None:
    text = source(tmp_path, "text", b"x = 1\n")
    path = "/app/__init__.py"
    written = make(tmp_path, "--file", path, text, "--empty", path)
    assert written.contents == {"app/__init__.py": b"x = 1\n"}


def test_the_same_file_twice_counts_once(tmp_path: Path) -> None:
    text = source(tmp_path, "text", b"text")
    written = make(tmp_path, "--file", "/app/a", text, "--file", "/app/a", text)
    assert list(written.entries) == ["app/a"]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["/app/a", "/app/a"], "//:app: app/a: two files: "),
        (["/app/a", "/app/a/b"], "//:app: app/a/b: app/a is a file, not a directory"),
        (["/app/../../a"], "the path contains '..'"),
    ],
)
def test_impossible_paths_are_errors(tmp_path: Path, paths: list[str], message: str) -> None:
    flags = []
    for index, path in enumerate(paths):
        flags += ["--file", path, source(tmp_path, f"source{index}", b"")]
    with pytest.raises(ToolError) as caught:
        make(tmp_path, *flags)
    assert message in str(caught.value)
    assert not (tmp_path / "blob").exists()


def test_a_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="is not a regular file"):
        make(tmp_path, "--file", "/app/a", str(tmp_path))
