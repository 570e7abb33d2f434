from __future__ import annotations

import os
from pathlib import Path

import pytest

from launcher.unpack import link_merged_usr, unpack
from tools.lib.cli.errors import ToolError
from tools.lib.debian.testing import (
    PackedEntry,
    ar,
    deb,
    device,
    directory,
    file,
    hardlink,
    symlink,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    link_merged_usr(str(root))
    return root


def add(root: Path, *entries: PackedEntry, **options: str) -> None:
    package = root.parent / "package.deb"
    package.write_bytes(deb(*entries, **options))  # type: ignore[arg-type]
    unpack(str(package), str(root))


@pytest.mark.parametrize("suffix", ["", ".gz", ".xz"])
def test_files_keep_content_mode_and_time(root: Path, suffix: str) -> None:
    add(root, directory("./opt"), file("./opt/a", b"text", 0o755), suffix=suffix)
    status = (root / "opt/a").stat()
    assert (root / "opt/a").read_bytes() == b"text"
    assert (status.st_mode & 0o7777, int(status.st_mtime)) == (0o755, 1_700_000_000)


def test_files_are_writable_and_not_setuid(root: Path) -> None:
    add(root, file("opt/su", b"", 0o6755), file("opt/secret", b"", 0o440))
    assert (root / "opt/su").stat().st_mode & 0o7777 == 0o755
    assert (root / "opt/secret").stat().st_mode & 0o7777 == 0o640


def test_bin_and_lib_are_links_into_usr(root: Path) -> None:
    add(root, file("bin/a", b"a"), file("lib/x/b", b"b"))
    add(root, directory("lib/x"), file("usr/lib/x/c", b"c"), symlink("bin", "usr/bin"))
    assert (root / "usr/bin/a").read_bytes() == b"a"
    assert sorted(os.listdir(root / "usr/lib/x")) == ["b", "c"]
    assert (root / "bin").is_symlink()


def test_documentation_is_excluded_and_hard_links_to_it(root: Path) -> None:
    add(
        root,
        file("usr/share/doc/a/copyright"),
        file("usr/share/man/man1/a.1"),
        hardlink("opt/b.1", "usr/share/man/man1/a.1"),
        file("usr/share/documents/c"),
    )
    assert os.listdir(root / "usr/share") == ["documents"]
    assert not (root / "opt/b.1").exists()


def test_hard_links(root: Path) -> None:
    add(root, file("./opt/a", b"a"), hardlink("./opt/b", "./opt/a"))
    assert (root / "opt/a").stat().st_ino == (root / "opt/b").stat().st_ino


def test_a_link_does_not_replace_a_directory(root: Path) -> None:
    add(root, file("etc/a/b"), symlink("etc/a", "/elsewhere"))
    assert (root / "etc/a/b").is_file()


def test_unpacking_again_changes_nothing(root: Path) -> None:
    entries = [file("opt/a", b"a"), symlink("opt/l", "a"), hardlink("opt/h", "opt/a")]
    add(root, *entries)
    add(root, *entries)
    assert sorted(os.listdir(root / "opt")) == ["a", "h", "l"]


def test_devices_are_skipped(root: Path) -> None:
    add(root, device("dev/null"), file("dev/a"))
    assert os.listdir(root / "dev") == ["a"]


def test_links_are_resolved_within_the_root(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    add(
        root,
        symlink("absolute", str(outside)),
        symlink("relative", "../../../../../../../../.." + str(outside)),
        file("absolute/a"),
        file("relative/b"),
        hardlink("c", "absolute/a"),
        directory("absolute/d"),
    )
    assert not os.listdir(outside)
    assert sorted(os.listdir(f"{root}{outside}")) == ["a", "b", "d"]
    assert (root / "c").is_file()


def test_a_link_in_a_path_that_was_resolved_before(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    add(root, hardlink("a", "b/missing"), symlink("b", str(outside)), file("b/c"))
    assert not os.listdir(outside)
    assert os.listdir(f"{root}{outside}") == ["c"]


@pytest.mark.parametrize("name", ["../a", "./../a", "x/../../a"])
def test_a_path_outside_of_the_root_is_an_error(root: Path, name: str) -> None:
    with pytest.raises(ToolError, match="path outside of the root"):
        add(root, file(name))
    assert not (root.parent / "a").exists()


def test_a_cycle_of_links_is_an_error(root: Path) -> None:
    with pytest.raises(ToolError, match="too many levels of symbolic links"):
        add(root, symlink("a", "b"), symlink("b", "a"), file("a/c"))


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        (b"", "not an ar archive"),
        (deb(file("a"))[:-100], "truncated"),
        (ar([("debian-binary", b"2.0\n"), ("data.tar.xz", b"\xfd7zXZ\0damaged")]), "data|archive"),
        (ar([("debian-binary", b"2.0\n")]), r"data\.tar not found"),
    ],
)
def test_a_damaged_package_is_an_error(root: Path, damaged: bytes, message: str) -> None:
    path = root.parent / "x.deb"
    path.write_bytes(damaged)
    with pytest.raises(ToolError, match=rf"x\.deb: .*({message})"):
        unpack(str(path), str(root))
