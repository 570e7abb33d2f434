from __future__ import annotations

from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.part.part import Part
from tools.lib.part.part_json import write_part
from tools.lib.part.testing import directory, entry, file, part, symlink
from tools.listing.__main__ import main

SHA256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def listing(folder: Path, *parts: Part, base: Part | None = None) -> list[str]:
    """Runs the tool; returns the lines."""
    flags = []
    for number, each in enumerate([*parts, *([base] if base else [])]):
        path = folder / f"{number}.json"
        with path.open("wb") as out:
            write_part(each, out)
        flags += ["--base-part" if each is base else "--part", str(path)]
    assert main([*flags, "--listing-out", str(folder / "listing")]) == 0
    return (folder / "listing").read_text("ascii").splitlines()


def test_lines_are_sorted_by_path_and_leave_out_root(tmp_path: Path) -> None:
    first = part(
        file("usr/é", size=5, sha256=SHA256, uid=7, xattrs={"user.x": b"\xff"}),
        directories=[directory("usr", gid=8)],
    )
    second = part(symlink("bin/s", "x"), entry("dev/null", "char", device=(1, 3)))
    assert listing(tmp_path, first, second) == [
        '{"path":"bin","type":"directory","mode":"0755","mtime":1}',
        '{"path":"bin/s","type":"symlink","mode":"0777","mtime":1,"link":"x"}',
        '{"path":"dev","type":"directory","mode":"0755","mtime":1}',
        '{"path":"dev/null","type":"char","mode":"0644","mtime":1,"major":1,"minor":3}',
        '{"path":"usr","type":"directory","mode":"0755","gid":8,"mtime":1}',
        r'{"path":"usr/\u00e9","type":"file","mode":"0644","uid":7,"mtime":1,"size":5,'
        r'"sha256":"2cf24dba5fb0a30e","xattrs":{"user.x":"/w=="}}',
    ]


def test_directory_of_the_base_keeps_its_mode(tmp_path: Path) -> None:
    base = part(directories=[directory("home", 0o700)])
    first, *others = listing(tmp_path, part(file("home/f")), base=base)
    assert first == '{"path":"home","type":"directory","mode":"0700","mtime":1}'
    assert len(others) == 1


def test_conflict(tmp_path: Path) -> None:
    parts = [part(file("x"), label=f"//x:{name}") for name in "ab"]
    with pytest.raises(ToolError, match="x: duplicate entry: in //x:a and in //x:b"):
        listing(tmp_path, *parts)
