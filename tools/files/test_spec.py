from __future__ import annotations

from typing import Any

import pytest

from tools.files.spec import Entry, Spec, parse
from tools.lib.cli.errors import ToolError
from tools.lib.debian.package import BinaryPackage

PACKAGE_FIELDS = ("name", "version", "architecture", "source")


def file(path: object = "etc/x", **more: Any) -> dict[str, Any]:
    entry = {"path": path, "type": "file", "mode": "0644", "uid": 0, "gid": 0, "content": "x\n"}
    return {key: value for key, value in (entry | more).items() if value is not ...}


def spec(*entries: Any, **more: Any) -> dict[str, Any]:
    fields = {"architecture": None, "mtime": 5, "entries": list(entries)}
    return fields | {"package": None} | more


def test_a_spec_is_read_whole() -> None:
    package = {"name": "p", "version": "1", "architecture": "all", "source": "p"}
    value = spec(
        file("/etc//./x/", content="é\n", mode="4755", uid=1, gid=2),
        file("etc/y", content=..., source=1),
        file("srv", type="directory", mode="1777", content=...),
        file("lib", type="symlink", mode="0777", content=..., link="/usr/lib"),
        file("usr/x", type="symlink", mode="0777", content=..., link="../lib"),
        architecture="arm",
        package=package,
    )
    assert parse(value, "//x:y", 2) == Spec(
        "arm",
        5,
        BinaryPackage(**package),
        [
            Entry("etc/x", "file", 0o4755, 1, 2, "é\n".encode(), ""),
            Entry("etc/y", "file", 0o644, 0, 0, 1, ""),
            Entry("srv", "directory", 0o1777, 0, 0, b"", ""),
            Entry("lib", "symlink", 0o777, 0, 0, b"", "/usr/lib"),
            Entry("usr/x", "symlink", 0o777, 0, 0, b"", "../lib"),
        ],
    )


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (file("../x"), r"//x:y: entries\[0\]: path: ../x leads upwards"),
        (file("etc/../x"), "leads upwards"),
        (file("/"), "path: / is the root itself"),
        (file(""), "path: '', empty or with a NUL"),
        (file("a\0b"), "empty or with a NUL"),
        (file("a\ud800"), "half a surrogate pair"),
        (file(content="\ud800"), "etc/x: content: half a surrogate pair"),
        (file("etc/.wh.x"), "layers have another meaning for such a name"),
        (file(3), "path: 3, not a text"),
        (file(path=...), "path: missing"),
        (file(type="device"), "//x:y: etc/x: type: 'device' is none of file, directory, symlink"),
        (file(type=["file"]), "is none of"),
        (file(mode=644), "mode: 644 is no octal mode"),
        (file(mode="0888"), "mode: '0888' is no octal mode"),
        (file(mode="10000"), "mode: '10000' is no octal mode"),
        (file(mode="0o644"), "is no octal mode"),
        (file(uid=-1), "uid: -1, not a whole number"),
        (file(uid=True), "uid: True, not a whole number"),
        (file(gid="0"), "gid: '0', not a whole number"),
        (file(gid=...), "gid: missing"),
        (file(content=...), "either content or source"),
        (file(source=0), "either content or source"),
        (file(content=..., source=2), "source: 2 of 2 source files"),
        (file(content=5), "content: 5, not a text"),
        (file(link="x"), "link: not for a file"),
        (file(type="directory"), "content: not for a directory"),
        (file(type="symlink", content=...), "link: missing"),
        (file(type="symlink", content=..., link=""), "link: '', empty"),
        (
            file("a", type="symlink", content=..., link="../../x"),
            "//x:y: a: link: ../../x leads out of the image",
        ),
        (file("a/b", type="symlink", content=..., link="../c/../../x"), "leads out of the image"),
        (file(owner="root"), "owner: unknown field"),
        ("etc/x", "not an object"),
    ],
)
def test_a_bad_entry_is_named(entry: Any, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        parse(spec(entry), "//x:y", 2)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([file("etc/x"), file("/etc/x")], "//x:y: etc/x: declared twice"),
        ([file("etc"), file("etc/x")], "//x:y: etc/x: lies below etc, a file"),
        ([file("etc/x/y/z"), file("etc/x")], "//x:y: etc/x/y/z: lies below etc/x, a file"),
    ],
)
def test_entries_that_exclude_each_other(entries: list[Any], message: str) -> None:
    with pytest.raises(ToolError, match=message):
        parse(spec(*entries), "//x:y", 0)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "spec: .*not an object"),
        ({}, "//x:y: entries: .*not a list"),
        (spec(mtime=1.5), "//x:y: mtime: 1.5, not a whole number"),
        (spec(mtime=10**12), "//x:y: mtime: .* not a whole number"),
        (spec(architecture=""), "//x:y: architecture: '', empty"),
        (spec(package={"name": "p"}), "//x:y: package: architecture: missing"),
        (
            spec(package=dict.fromkeys(("name", "version", "architecture", "source"), 5)),
            "package: name: 5, not a text",
        ),
        (spec(entries={}), "//x:y: entries: .*not a list"),
        (spec(colour="red"), "spec: colour: unknown field"),
    ],
)
def test_a_bad_spec_is_named(value: Any, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        parse(value, "//x:y", 0)
