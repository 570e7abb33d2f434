from __future__ import annotations

from typing import Any

import pytest

from tools.files.spec import FilesSpec, SpecEntry, parse_spec
from tools.lib.cli.errors import ToolError


def file(path: object = "etc/x", **more: Any) -> dict[str, Any]:
    """An entry of a spec; a field that is `...` is left out."""
    entry = {"path": path, "type": "file", "mode": "0644", "uid": 0, "gid": 0, "content": "x\n"}
    return {key: value for key, value in (entry | more).items() if value is not ...}


def spec(*entries: Any, **more: Any) -> dict[str, Any]:
    return {"version": 1, "architecture": None, "mtime": 5, "entries": list(entries)} | more


def test_a_spec_is_parsed() -> None:
    value = spec(
        file("/etc//./x/", content="é\n", mode="4755", uid=1, gid=2),
        file("etc/y", content=..., source=1),
        file("srv", type="directory", mode="1777", content=...),
        file("lib", type="symlink", mode="0777", content=..., link="/usr/lib"),
        file("usr/x", type="symlink", mode="0777", content=..., link="../lib"),
        architecture="arm",
    )
    assert parse_spec(value, "//x:y", 2) == FilesSpec(
        architecture="arm",
        mtime=5,
        entries=(
            SpecEntry(path="etc/x", type="file", mode=0o4755, uid=1, gid=2, content="é\n".encode()),
            SpecEntry(path="etc/y", type="file", mode=0o644, uid=0, gid=0, source=1),
            SpecEntry(path="srv", type="directory", mode=0o1777, uid=0, gid=0),
            SpecEntry(path="lib", type="symlink", mode=0o777, uid=0, gid=0, link="/usr/lib"),
            SpecEntry(path="usr/x", type="symlink", mode=0o777, uid=0, gid=0, link="../lib"),
        ),
    )


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (file("../x"), r"//x:y: entries\[0\]: path: ../x: the path contains '..'"),
        (file("etc/../x"), r"contains '\.\.'"),
        (file("n" * 256), "the path has a component of more than 255 bytes"),
        (file("ü" * 128), "the path has a component of more than 255 bytes"),
        (file("a/" * 2048), "the path has more than 4095 bytes"),
        (file("a", type="symlink", content=..., link="b" * 4096), "has more than 4095 bytes"),
        (file("/"), "path: '/' is the root directory"),
        (file(""), "path: '' is empty or contains NUL"),
        (file("a\0b"), "is empty or contains NUL"),
        (file("a\ud800"), "unpaired surrogate"),
        (file(content="\ud800"), "//x:y: etc/x: unpaired surrogate"),
        (file("etc/.wh.x"), "would be a whiteout"),
        (file(3), "path: must be a string, not 3"),
        (file(path=...), "path: missing"),
        (file(type="device"), "//x:y: etc/x: invalid type 'device' .*one of file, directory, sym"),
        (file(type=["file"]), "invalid type"),
        (file(mode=644), "invalid octal mode 644"),
        (file(mode="0888"), "invalid octal mode '0888'"),
        (file(mode="10000"), "invalid octal mode '10000'"),
        (file(mode="0o644"), "invalid octal mode"),
        (file(uid=-1), "uid: must be an integer.* not -1"),
        (file(uid=2**32 - 1), "uid: must be an integer.* not 4294967295"),
        (file(uid=True), "uid: must be an integer.* not true"),
        (file(gid="0"), "gid: must be an integer.* not '0'"),
        (file(gid=...), "gid: missing"),
        (file(content=...), "must have either content or source"),
        (file(source=0), "must have either content or source"),
        (file(content=..., source=2), "source 2 does not exist, there are 2 files"),
        (file(content=5), "content: must be a string, not 5"),
        (file(link="x"), "unknown field 'link'"),
        (file(type="directory"), "unknown field 'content'"),
        (file(type="symlink", content=...), "link: missing"),
        (file(type="symlink", content=..., link=""), "link: '' is empty"),
        (
            file("a", type="symlink", content=..., link="../../x"),
            "//x:y: a: link '../../x' leads out of the image",
        ),
        (file("a/b", type="symlink", content=..., link="../c/../../x"), "leads out of the image"),
        (file(owner="root"), "unknown field 'owner'"),
        ("etc/x", "must be an object"),
    ],
)
def test_an_invalid_entry_is_an_error_with_its_path(entry: Any, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        parse_spec(spec(entry), "//x:y", 2)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([file("etc/x"), file("/etc/x")], "//x:y: etc/x: duplicate entry"),
        ([file("etc"), file("etc/x")], "//x:y: etc/x: its parent etc is a file"),
        ([file("etc/x/y/z"), file("etc/x")], "//x:y: etc/x/y/z: its parent etc/x is a file"),
    ],
)
def test_entries_that_exclude_each_other_are_an_error(entries: list[Any], message: str) -> None:
    with pytest.raises(ToolError, match=message):
        parse_spec(spec(*entries), "//x:y", 0)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "//x:y: spec: must be an object"),
        ({}, "//x:y: spec: unknown version None"),
        (spec(version=2), "//x:y: spec: unknown version 2"),
        (spec(mtime=1.5), "//x:y: mtime: must be an integer.* not 1.5"),
        (spec(mtime=10**12), "//x:y: mtime: must be an integer"),
        (spec(architecture=""), "//x:y: architecture: '' is empty"),
        (spec(entries={}), "//x:y: entries: must be a list"),
        (spec(color="red"), "//x:y: spec: unknown field 'color'"),
    ],
)
def test_an_invalid_spec_is_an_error(value: Any, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        parse_spec(value, "//x:y", 0)
