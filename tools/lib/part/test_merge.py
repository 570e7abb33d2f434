from __future__ import annotations

from typing import Any

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.part import merge


def directory(path: str, mode: str = "0755", mtime: int = 1, **more: Any) -> dict[str, Any]:
    return {"path": path, "mode": mode, "uid": 0, "gid": 0, "mtime": mtime, **more}


def implied(*paths: str, mtime: int = 1) -> list[dict[str, Any]]:
    return [directory(path, mtime=mtime, implied=True) for path in paths]


def entry(path: str, kind: str = "file", **more: Any) -> dict[str, Any]:
    return {"path": path, "type": kind, "mode": "0644", "uid": 0, "gid": 0, "mtime": 1, **more}


def part(
    name: str,
    entries: list[dict[str, Any]] | None = None,
    directories: list[dict[str, Any]] | None = None,
    architecture: str | None = None,
    replaces: tuple[str, ...] = (),
) -> dict[str, Any]:
    """A part of a package, or of a rule if the name is a label."""
    generated = name.startswith("//")
    package = {"name": name, "version": "1.0", "architecture": "all", "source": name}
    return {
        "label": name,
        "architecture": architecture,
        "package": None if generated else package,
        "entries": entries or [],
        "directories": directories or [],
        "replaces": list(replaces),
    }


def test_directories_of_all_parts_are_sorted_by_bytes_and_unique() -> None:
    merged = merge.directories(
        [
            part("a", directories=[directory("usr"), directory("usr/lib"), directory("usr-é")]),
            part("b", directories=[directory("etc"), directory("usr"), directory("usr/\udcff")]),
        ]
    )
    assert [each["path"] for each in merged] == ["etc", "usr", "usr-é", "usr/lib", "usr/\udcff"]


def test_a_directory_has_the_newest_time() -> None:
    parts = [part("a", directories=[directory("etc", mtime=time)]) for time in (5, 9, 7)]
    assert merge.directories(parts) == [directory("etc", mtime=9)]


def test_two_packages_with_one_path_are_named() -> None:
    parts = [part("a", [entry("usr/bin/x")]), part("b", [entry("usr/bin/x", "symlink", link="y")])]
    with pytest.raises(ToolError, match=r"usr/bin/x: in a 1\.0, and in b 1\.0"):
        merge.directories(parts)


def test_a_package_and_a_rule_with_one_path_are_named() -> None:
    with pytest.raises(ToolError, match=r"etc/passwd: in base 1\.0, and in //x:passwd"):
        merge.directories(
            [part("base", [entry("etc/passwd")]), part("//x:passwd", [entry("etc/passwd")])]
        )


@pytest.mark.parametrize("order", [1, -1])
def test_a_directory_never_replaces_a_file_or_link(order: int) -> None:
    parts = [
        part("a", [entry("opt/x", "symlink", link="/srv")]),
        part("b", [entry("opt/x/y")], implied("opt", "opt/x")),
    ]
    with pytest.raises(
        ToolError, match=r"opt/x: a symlink to /srv in a 1\.0, a directory in b 1\.0"
    ):
        merge.directories(parts[::order])


def test_an_unmerged_package_on_a_merged_base_is_told_so() -> None:
    parts = [
        part("base-files", [entry("lib", "symlink", link="usr/lib")]),
        part("old", [entry("lib/x.so")], [directory("lib")]),
    ]
    with pytest.raises(ToolError) as caught:
        merge.directories(parts)
    assert caught.value.hint == "set merged_usr for old 1.0"


@pytest.mark.parametrize(
    ("own", "path"),
    [
        (part("//x:files", [entry("lib/x.so")], implied("lib")), "/usr/lib/x.so"),
        (part("//x:files", [], [directory("lib")]), "/usr/lib"),
    ],
)
def test_a_file_of_one_s_own_in_lib_of_a_merged_base_goes_to_usr_lib(
    own: dict[str, Any], path: str
) -> None:
    base = part("base-files", [entry("lib", "symlink", link="usr/lib")])
    with pytest.raises(ToolError) as caught:
        merge.directories([own], [base])
    assert caught.value.hint == f"write {path} in //x:files"


@pytest.mark.parametrize("order", [1, -1])
def test_a_declared_directory_beats_a_package_and_an_implied_one(order: int) -> None:
    parts = [
        part("//x:tmp", directories=[directory("tmp", "1777")]),
        part("base-files", directories=[directory("tmp", "0755")]),
        part("//x:file", [entry("tmp/f")], implied("tmp")),
    ]
    assert merge.directories(parts[::order]) == [directory("tmp", "1777")]


@pytest.mark.parametrize("order", [1, -1])
def test_a_package_directory_beats_an_implied_one(order: int) -> None:
    parts = [
        part("base-files", directories=[directory("var/mail", "2775")]),
        part("//x:file", [entry("var/mail/f")], implied("var/mail")),
    ]
    assert merge.directories(parts[::order]) == [directory("var/mail", "2775")]


@pytest.mark.parametrize("names", [("a", "b"), ("//x:a", "//x:b")])
def test_equals_that_differ_are_an_error(names: tuple[str, str]) -> None:
    first, second = names
    parts = [
        part(first, directories=[directory("srv", "0755")]),
        part(second, directories=[directory("srv", "0700")]),
    ]
    with pytest.raises(ToolError, match=rf"srv: .*0755 0:0 in {first}.*0700 0:0 in {second}"):
        merge.directories(parts)


def test_a_hard_link_to_an_earlier_part_stands() -> None:
    link = entry("usr/bin/perl5", "hardlink", link="usr/bin/perl")
    merge.directories([part("a", [entry("usr/bin/perl")]), part("b", [link])])


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([part("b", [entry("x", "hardlink", link="y")])], id="absent"),
        pytest.param(
            [part("b", [entry("x", "hardlink", link="y")]), part("a", [entry("y")])], id="later"
        ),
        pytest.param(
            [
                part("a", [entry("y", "symlink", link="z")]),
                part("b", [entry("x", "hardlink", link="y")]),
            ],
            id="no file",
        ),
    ],
)
def test_a_hard_link_needs_its_file_before_it(parts: list[dict[str, Any]]) -> None:
    with pytest.raises(ToolError, match=r"x: b 1\.0 has it as a hard link to y"):
        merge.directories(parts)


def test_a_package_replaces_nothing_of_a_layer_below() -> None:
    with pytest.raises(ToolError, match=r"etc/x: in a 1\.0, in a layer below, and in b 1\.0"):
        merge.directories([part("b", [entry("etc/x")])], [part("a", [entry("etc/x")])])


def test_a_generated_part_may_replace_a_file_or_link_of_a_layer_below() -> None:
    lower = [part("a", [entry("etc/x"), entry("etc/y", "symlink", link="x")])]
    merge.directories([part("//x:b", [entry("etc/x"), entry("etc/y")])], lower)


def test_what_a_part_replaces_is_replaced_of_a_layer_below_alone() -> None:
    cache = part("//x:b", [entry("etc/x")], replaces=("etc/x",))
    lower = part("a", [entry("etc/x")])
    assert merge.directories([cache], [lower]) == []
    with pytest.raises(ToolError, match=r"etc/x: in a 1\.0, and in //x:b"):
        merge.directories([lower, cache])
    package = part("b", [entry("etc/y")], replaces=("etc/x",))
    with pytest.raises(ToolError, match=r"etc/y: in a 1\.0, in a layer below, and in b 1\.0"):
        merge.directories([package], [part("a", [entry("etc/y")])])


def test_a_link_of_a_layer_below_is_not_replaced_by_a_directory() -> None:
    lower = [part("base-files", [entry("lib", "symlink", link="usr/lib")])]
    with pytest.raises(ToolError, match="lib: a symlink to usr/lib in base-files"):
        merge.directories([part("a", [entry("lib/x")], implied("lib"))], lower)


def test_a_directory_of_a_layer_below_is_not_replaced_by_a_link() -> None:
    lower = [part("base-files", directories=[directory("lib")])]
    with pytest.raises(
        ToolError, match=r"lib: a symlink to usr/lib in a 1\.0, a directory in base"
    ):
        merge.directories([part("a", [entry("lib", "symlink", link="usr/lib")])], lower)


def test_an_implied_directory_keeps_the_mode_it_has_below() -> None:
    lower = [part("//x:home", directories=[directory("home/nonroot", "0700", mtime=9)])]
    upper = part("//x:file", [entry("home/nonroot/f")], implied("home/nonroot", mtime=3))
    # Its time does not come from below: a change there must not change this layer's bytes.
    assert merge.directories([upper], lower) == [directory("home/nonroot", "0700", mtime=3)]


def test_a_declared_directory_changes_the_mode_it_has_below() -> None:
    lower = [part("//x:home", directories=[directory("home/nonroot", "0700")])]
    upper = part("//y:home", directories=[directory("home/nonroot", "0770")])
    assert merge.directories([upper], lower) == [directory("home/nonroot", "0770")]


def test_a_package_leaves_the_mode_of_a_package_below() -> None:
    lower = [part("a", directories=[directory("srv", "2775")])]
    uppers = [part(name, directories=[directory("srv", "0755")]) for name in ("b", "c")]
    assert merge.directories(uppers, lower) == [directory("srv", "2775")]


def test_only_this_layer_s_directories_are_its() -> None:
    assert merge.directories([], [part("a", directories=[directory("srv")])]) == []


def test_what_layers_below_do_among_themselves_is_theirs() -> None:
    lower = [part("a", [entry("x"), entry("y")]), part("b", [entry("x")], [directory("y")])]
    assert merge.directories([part("c", [entry("z")])], lower) == []


def test_one_architecture_or_none() -> None:
    arm = part("b", architecture="arm")
    assert merge.specific([part("a"), arm, part("c")]) is arm
    assert merge.specific([part("a")]) is None


def test_two_architectures_are_named() -> None:
    with pytest.raises(ToolError, match=r"a 1\.0 is for arm, b 1\.0 for amd64"):
        merge.specific([part("a", architecture="arm"), part("b", architecture="amd64")])


def test_newest_time() -> None:
    assert merge.newest([part("a", [entry("x")], [directory("y", mtime=8)])]) == 8
    assert merge.newest([part("a")]) is None
