from __future__ import annotations

from typing import Any

import pytest

from tools.check_image import checks, elf_checks
from tools.check_image.testing import directory, elf, file, link, part
from tools.lib.cli.errors import ToolError
from tools.lib.elf.abi import abi
from tools.lib.rootfs.image import Image


def test_a_path_in_two_parts_is_told_with_both() -> None:
    parts = [part(file("etc/x"), package="a"), part(file("etc/x"), package="b")]
    (found,) = checks.paths(parts)
    assert (found.path, found.owner, found.fault) == ("etc/x", "b 1", "in a 1 too")


def test_a_path_that_a_part_replaces_is_its_own() -> None:
    newer = part(file("etc/x"), label="//x:newer", replaces=("etc/x",))
    assert list(checks.paths([part(file("etc/x")), newer])) == []
    (found,) = checks.paths([newer, part(file("etc/x"), label="//x:other")])
    assert found.owner == "//x:other"


def test_a_directory_may_be_in_two_parts_but_not_where_another_has_a_link() -> None:
    shared = part(directories=(directory("etc"),))
    assert list(checks.paths([shared, shared])) == []
    below = part(file("lib/x"), package="old")
    (found,) = checks.paths([part(link("lib", "usr/lib"), package="base-files"), below])
    assert (found.path, found.owner) == ("lib", "old 1")
    assert "none in base-files 1" in found.fault


@pytest.mark.parametrize(
    ("entry", "check"),
    [
        (file("bin/su", "4755"), "setuid"),
        (file("bin/wall", "2755"), "setuid"),
        (file("bin/ping", "0755", xattrs={"security.capability": "AQ=="}), "setuid"),
        (file("etc/x", "0666"), "writable"),
        (file("etc/x", "0755", xattrs={"user.note": "AQ=="}), None),
        (link("etc/x", "y"), None),
        (file("etc/x", "0664"), None),
    ],
)
def test_modes_of_files(entry: dict[str, Any], check: str | None) -> None:
    assert [found.check for found in checks.modes([part(entry)])] == ([check] if check else [])


@pytest.mark.parametrize(
    ("mode", "expected"), [("0777", ["srv"]), ("1777", []), ("2775", []), ("0755", [])]
)
def test_a_directory_for_all_has_the_sticky_bit(mode: str, expected: list[str]) -> None:
    parts = [part(directories=(directory("srv", mode),))]
    assert [found.path for found in checks.modes(parts)] == expected


def test_a_package_without_its_status_is_named() -> None:
    status = file("var/lib/dpkg/status.d/a")
    assert list(checks.packages([part(status, package="a"), part(file("etc/x"))])) == []
    (found,) = checks.packages([part(status, package="a"), part(package="b")])
    assert (found.path, found.owner) == ("var/lib/dpkg/status.d/b", "b 1")


def test_a_part_for_another_architecture_is_named() -> None:
    parts = [part(), part(architecture="arm64"), part(architecture="amd64", package="a")]
    (found,) = checks.architectures(parts, "arm64")
    assert (found.owner, found.fault) == ("a 1", "it is for amd64, the image for arm64")


@pytest.mark.parametrize(
    ("entry", "fits"),
    [
        (link("lib64", "usr/lib64"), True),
        (link("bin", "/usr/bin"), True),
        (file("usr/bin/x"), True),
        (file("library/x"), True),
        (link("sbin", "usr/bin"), False),
        (file("lib64/ld.so"), False),
        (link("bin/sh", "dash"), False),
        (file("lib"), False),
    ],
)
def test_merged_usr(entry: dict[str, Any], fits: bool) -> None:
    merged = part(link("lib32", "usr/lib32"))
    assert [found.path for found in checks.merged_usr([merged, part(entry)])] == (
        [] if fits else [entry["path"]]
    )
    assert fits or list(checks.merged_usr([part(entry)])) == []


def test_empty_directories_do_not_belong_into_a_merged_usr() -> None:
    parts = [part(link("bin", "usr/bin"), directories=(directory("lib64"),))]
    assert [found.path for found in checks.merged_usr(parts)] == ["lib64"]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([link("etc/x", "y")], ["etc/x"]),
        ([link("etc/x", "y"), file("etc/y")], []),
        ([link("etc/x", "/etc/y"), link("etc/y", "x")], ["etc/x", "etc/y"]),
        ([link("etc/x", "../srv"), file("srv/y")], []),
        ([link("etc/mtab", "/proc/mounts"), link("var/run", "/run")], []),
        ([link("var/lock", "../run/lock")], []),
        ([link("usr/share/doc/x/README", "../y/README")], []),
    ],
)
def test_links(entries: list[dict[str, Any]], expected: list[str]) -> None:
    parts = [part(*entries)]
    assert [found.path for found in checks.links(parts, Image(parts))] == expected


def test_a_link_to_an_empty_directory_leads_somewhere() -> None:
    parts = [part(link("etc/x", "/srv")), part(directories=(directory("srv"),))]
    assert list(checks.links(parts, Image(parts))) == []


LOADER = "lib64/ld-linux-x86-64.so.2"


def test_a_program_without_its_interpreter_is_told() -> None:
    start = elf("bin/x", interpreter=f"/{LOADER}")
    amd64 = abi("amd64", "")
    assert list(elf_checks.interpreters(Image([part(start, elf(LOADER))]), amd64)) == []
    (found,) = elf_checks.interpreters(Image([part(start)]), amd64)
    assert (found.path, found.subject) == ("bin/x", f"/{LOADER}")
    foreign = elf(LOADER, machine=183)
    (found,) = elf_checks.interpreters(Image([part(start, foreign)]), amd64)
    assert "another machine" in found.fault


def test_a_c_library_comes_with_the_loader_s_path_of_its_architecture() -> None:
    moved = [elf("usr/lib/libc.so.6"), elf(f"usr/{LOADER}")]
    (found,) = elf_checks.interpreters(Image([part(*moved)]), abi("amd64", ""))
    assert (found.path, found.subject) == ("usr/lib/libc.so.6", f"/{LOADER}")
    merged = [*moved, link("lib64", "usr/lib64")]
    assert list(elf_checks.interpreters(Image([part(*merged)]), abi("amd64", ""))) == []


def test_elf_files_for_another_machine_are_told() -> None:
    image = Image([part(elf("bin/x"), elf("bin/y", machine=183), package="a")])
    (found,) = elf_checks.machines(image, abi("amd64", ""))
    assert (found.path, found.owner, found.check) == ("bin/y", "a 1", "architecture")


def test_an_unknown_architecture_is_an_error() -> None:
    with pytest.raises(ToolError, match=r"architecture vax: .*known: 386, amd64"):
        abi("vax", "")
