from __future__ import annotations

import io
from pathlib import Path

import pytest

from tools.accounts.__main__ import main
from tools.lib.archive.tar_entry import TarEntry
from tools.lib.cli.errors import ToolError
from tools.lib.part.overlay import Overlay
from tools.lib.part.part_json import read_part, write_part
from tools.lib.part.part_writer import PartWriter
from tools.lib.part.testing_blob import WrittenPart, read_written_part

BASE = "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532::/home/nonroot:/sbin/nologin\n"
APP = "app:x:1000:1000:app:/home/app:/sbin/nologin"


def base_part(folder: Path, content: str, path: str = "etc/passwd") -> list[str]:
    """Writes the part.json of a base with one file; returns the flags for it."""
    writer = PartWriter(io.BytesIO(), "none")
    data = content.encode()
    writer.add(TarEntry(path, "file", 0o644, mtime=1, size=len(data)), [data])
    part = writer.close(label="//base:passwd", architecture=None, package=None)
    with (folder / "base.json").open("wb") as out:
        write_part(part, out)
    return ["--part", str(folder / "base.json")]


def make(folder: Path, *flags: str, kind: str = "passwd") -> WrittenPart:
    outputs = [f"--blob-out={folder}/blob", f"--part-out={folder}/part.json", "--label=//x:y"]
    main([*flags, "--kind", kind, f"--path=/etc/{kind}", "--mtime=5", *outputs])
    return read_written_part(folder / "blob", folder / "part.json")


def test_entries_follow_those_of_the_base_and_replace_its_file(tmp_path: Path) -> None:
    written = make(tmp_path, *base_part(tmp_path, BASE), "--entry", APP)
    assert written.contents["etc/passwd"].decode() == f"{BASE}{APP}\n"
    overlay = Overlay()
    parts = [read_part(str(tmp_path / "base.json")), written.part]
    assert [conflict for part in parts for conflict in overlay.apply(part)] == []


def test_a_base_without_final_newline(tmp_path: Path) -> None:
    written = make(tmp_path, *base_part(tmp_path, BASE.rstrip("\n")), "--entry", APP)
    assert written.contents["etc/passwd"].decode() == f"{BASE}{APP}\n"


def test_a_base_without_the_file(tmp_path: Path) -> None:
    written = make(tmp_path, *base_part(tmp_path, "x", "etc/x"), "--entry", APP)
    assert written.contents["etc/passwd"].decode() == f"{APP}\n"


@pytest.mark.parametrize(
    ("kind", "base", "entry", "message"),
    [
        ("passwd", BASE, "nonroot:x:7:7:::", "//x:y: /etc/passwd: user 'nonroot' is already in"),
        ("passwd", BASE, "app:x:65532:7:::", "uid 65532 of app is the uid of nonroot in the base"),
        ("passwd", "old:x:00:0:::\n", "app:x:0:0:::", "uid 0 of app is the uid of old"),
        ("group", "tty:x:5:\n", "tty:x:6:", "group 'tty' is already in the base image"),
        ("group", "tty:x:5:\n", "app:x:5:", "gid 5 of app is the gid of tty in the base image"),
    ],
)
def test_a_name_or_id_of_the_base_is_an_error(
    kind: str, base: str, entry: str, message: str, tmp_path: Path
) -> None:
    flags = base_part(tmp_path, base, f"etc/{kind}")
    with pytest.raises(ToolError, match=message):
        make(tmp_path, *flags, "--entry", entry, kind=kind)


def test_a_file_that_is_too_large_is_an_error(tmp_path: Path) -> None:
    flags = base_part(tmp_path, "x" * 70000)
    with pytest.raises(ToolError, match="is not a file of at most 64 KiB"):
        make(tmp_path, *flags, "--entry", APP)
