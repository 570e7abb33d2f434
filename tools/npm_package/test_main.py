from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.testing import PackedEntry, directory, file, hardlink, symlink, tar
from tools.lib.elf.testing import shared_library
from tools.lib.part.testing_blob import WrittenPart, read_written_part
from tools.npm_package.__main__ import main

MTIME = 1735689600
MANIFEST = file("package/package.json", b"{}")


def make(folder: Path, *entries: PackedEntry) -> WrittenPart:
    archive = folder / "x.tgz"
    archive.write_bytes(gzip.compress(tar(*entries)))
    outputs = {"blob-out": folder / "blob", "part-out": folder / "json", "archive": archive}
    flags = [f"--{name}={path}" for name, path in outputs.items()]
    flags += ["--path=/app/node_modules/@a/b", f"--mtime={MTIME}", "--label=//:x"]
    assert main(flags) == 0
    return read_written_part(folder / "blob", folder / "json")


def test_files_without_owners_and_times_of_the_archive(tmp_path: Path) -> None:
    written = make(
        tmp_path,
        directory("package/"),
        file("package/lib/x.js", b"x\n", 0o600),
        file("package/bin/x.js", b"#!/usr/bin/env node\n", 0o775),
        MANIFEST,
    )
    top = "app/node_modules/@a/b"
    assert [(path, each.mode) for path, each in written.entries.items()] == [
        (f"{top}/bin/x.js", 0o755),
        (f"{top}/lib/x.js", 0o644),
        (f"{top}/package.json", 0o644),
    ]
    headers = written.entries.values()
    assert {(each.uid, each.gid, each.mtime) for each in headers} == {(0, 0, MTIME)}
    assert written.contents[f"{top}/lib/x.js"] == b"x\n"


def test_the_origin_has_the_sha256_that_locks_of_npm_lack(tmp_path: Path) -> None:
    origin = make(tmp_path, MANIFEST).part.origin
    assert origin
    assert origin.sha256 == hashlib.sha256((tmp_path / "x.tgz").read_bytes()).hexdigest()


def test_the_first_directory_may_have_any_name(tmp_path: Path) -> None:
    written = make(tmp_path, file("node/package.json", b"{}"), file("node/index.d.ts", b""))
    assert list(written.contents) == [
        "app/node_modules/@a/b/index.d.ts",
        "app/node_modules/@a/b/package.json",
    ]


def test_links_are_left_out(tmp_path: Path) -> None:
    links = symlink("package/x", "/etc/passwd"), hardlink("package/y", "package/package.json")
    written = make(tmp_path, MANIFEST, *links)
    assert list(written.contents) == ["app/node_modules/@a/b/package.json"]


def test_the_last_file_of_a_name_counts(tmp_path: Path) -> None:
    written = make(tmp_path, file("package/package.json", b"old"), MANIFEST)
    assert written.contents == {"app/node_modules/@a/b/package.json": b"{}"}


def test_libraries_give_the_architecture(tmp_path: Path) -> None:
    written = make(tmp_path, MANIFEST, file("package/x.node", shared_library(None)))
    assert written.part.architecture == "amd64"
    assert [bool(each.elf) for each in written.part.entries] == [False, True]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([file("package/index.js", b"")], "missing file package.json"),
        ([MANIFEST, file("package/../../x", b"")], "the path contains '..'"),
        (
            [MANIFEST, file("package/package.json/x", b"")],
            "package.json is a file, not a directory",
        ),
    ],
)
def test_other_archives(tmp_path: Path, entries: list[PackedEntry], message: str) -> None:
    with pytest.raises(ToolError) as caught:
        make(tmp_path, *entries)
    assert str(caught.value).startswith(f"{tmp_path}/x.tgz: ")
    assert message in str(caught.value)
    assert not (tmp_path / "blob").exists()


def test_decompression_bombs(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"more than 268435456 bytes"):
        make(tmp_path, MANIFEST, file("package/bomb", bytes(300 << 20)))
    assert not (tmp_path / "blob").exists()
