"""Compares the tool with this machine's ldconfig(8), on the same tree of files."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tools.ld_so_cache.testing import (
    Link,
    Tree,
    cache_lines,
    generator,
    make_cache,
    tar,
    with_generator,
    write_tree,
)
from tools.lib.debian.architectures import ARCHITECTURES, ElfMachine
from tools.lib.elf.elf_file import parse_elf_file
from tools.lib.elf.testing import shared_library


class Host(NamedTuple):
    """This machine: its architecture, and the e_flags of its libraries."""

    architecture: str
    machine: ElfMachine
    flags: int


def host() -> Host:
    with open(sys.executable, "rb") as source:
        python = parse_elf_file(source, sys.executable)
    assert python
    (name,) = {each.name for each in ARCHITECTURES if each.machine == python.machine}
    return Host(name, python.machine, python.flags)


HOST = host()
# ldconfig of every distribution searches these.
DIRECTORIES = ("/opt/a", "/opt/b", "/srv/c", "/lib", "/usr/lib")
CONFIG = {
    "etc/ld.so.conf": b"include /etc/ld.so.conf.d/*.conf\n/srv/c\n",
    "etc/ld.so.conf.d/1.conf": b"# comment\n  /opt/b/  # another\n\n/opt/a\n",
    "etc/ld.so.conf.d/2.conf": b"/lib\n/usr/lib\n/opt/nothing\n",
    "etc/ld.so.conf.d/.3.conf": b"/opt/hidden\n",
    "etc/ld.so.conf.d/4.txt": b"/opt/hidden\n",
}


def lib(soname: str | None, kind: int = 3) -> bytes:
    return shared_library(soname, HOST.machine, flags=HOST.flags, kind=kind)


def both(folder: Path, tree: Tree, *directories: str) -> tuple[bytes, bytes]:
    """ldconfig's cache, and the tool's with ldconfig's generator; compares their links."""
    program = shutil.which("ldconfig", path="/sbin:/usr/sbin:/bin:/usr/bin")
    assert program, "every glibc has ldconfig"
    root = folder / "root"
    write_tree(str(root), tree)
    (root / "etc").mkdir(exist_ok=True)
    subprocess.run([program, "-r", root, *directories], check=True, stderr=subprocess.DEVNULL)
    real = (root / "etc/ld.so.cache").read_bytes()
    links = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_symlink()}

    (folder / "image.tar").write_bytes(tar(tree))
    flags = [flag for directory in directories for flag in ("--directory", directory)]
    result = make_cache(
        folder, "--tar", str(folder / "image.tar"), "--architecture", HOST.architecture, *flags
    )
    assert set(result.links) == links - {path for path in tree if isinstance(tree[path], Link)}
    return real, with_generator(result.cache, generator(real))


def check(folder: Path, files: Tree, *directories: str) -> list[str]:
    """Compares the caches of `files` and CONFIG byte for byte; returns the entries."""
    real, own = both(folder, {**CONFIG, **files}, *directories)
    assert cache_lines(own) == cache_lines(real)
    assert own == real
    return cache_lines(real)


def test_no_libraries(tmp_path: Path) -> None:
    assert check(tmp_path, {"etc/hosts": b""}) == []


def test_order_of_configured_directories(tmp_path: Path) -> None:
    tree = {f"{path[1:]}/libx.so.1": lib("libx.so.1") for path in (*DIRECTORIES, "/opt/hidden")}
    entries = check(tmp_path, tree)
    assert [entry.partition("=> ")[2] for entry in entries] == [
        f"{path}/libx.so.1" for path in ("/opt/b", "/opt/a", "/lib", "/usr/lib", "/srv/c")
    ]


def test_directories_of_the_command_line_come_first(tmp_path: Path) -> None:
    tree = {f"{path}/libx.so.1": lib("libx.so.1") for path in ("opt/a", "opt/z")}
    (first, second) = check(tmp_path, tree, "/opt/z/")
    assert first.endswith("=> /opt/z/libx.so.1")
    assert second.endswith("=> /opt/a/libx.so.1")


def test_merged_usr_lists_each_library_once(tmp_path: Path) -> None:
    tree: Tree = {
        "lib": Link("usr/lib"),
        "opt/a": Link("/usr/lib/deep"),
        "usr/lib/libx.so.1": lib("libx.so.1"),
        "usr/lib/deep/liby.so.1": lib("liby.so.1"),
    }
    (deep, shallow) = check(tmp_path, tree)
    assert deep.endswith("=> /opt/a/liby.so.1")
    assert shallow.endswith("=> /lib/libx.so.1")


def test_order_of_names(tmp_path: Path) -> None:
    names = ["libx-2", "libx-10", "libx-010a", "libx", "libx_", "libX", "lib2x", "libé", "libz"]
    names += ["libx-20240101123456"]  # more than C's int holds
    tree = {f"opt/a/{name}.so": lib(f"{name}.so") for name in names}
    assert len(check(tmp_path, tree)) == len(tree)


def test_links_and_versions(tmp_path: Path) -> None:
    tree: Tree = {
        # As packages ship it, with the link for ld(1).
        "opt/a/liba.so.1.2": lib("liba.so.1"),
        "opt/a/liba.so.1": Link("liba.so.1.2"),
        "opt/a/liba.so": Link("liba.so.1"),
        # The newest of two gets the missing link; a file wins over a link.
        "opt/a/libb.so.1.9": lib("libb.so.1"),
        "opt/a/libb.so.1.10": lib("libb.so.1"),
        "opt/b/libb.so.1.11": Link("/opt/a/libb.so.1.10"),
        # Dangling links, links to a directory, links to a file elsewhere.
        "opt/a/libgone.so": Link("libgone.so.1"),
        "opt/a/libdir.so.1": Link("/opt/b"),
        "opt/b/libfar.so.7": Link("../../srv/real/module"),
        "srv/real/module": lib("libfar.so.7"),
        "opt/b/libother.so.2": Link("../a/liba.so.1.2"),
        # Without a soname, the file name counts.
        "opt/a/libnone.so": lib(None),
        "opt/a/libnone-1.0.so": Link("libnone.so"),
    }
    entries = check(tmp_path, tree)
    assert sum("libb.so.1 " in entry for entry in entries) == 2


def test_files_that_are_not_libraries_are_skipped(tmp_path: Path) -> None:
    tree: Tree = {
        "lib/libprogram.so": lib("libprogram.so", kind=2),
        "lib/libtext.so": b"GROUP ( libx.so.1 )".ljust(100),
        "lib/libempty.so": b"",
        "lib/libcut.so": lib("libcut.so")[:100],
        "lib/module.so": lib("module.so"),
        "lib/python.so.1": lib("python.so.1"),
        "lib/libx.a": lib("libx.so.2"),
        "lib/libdirectory.so/x": lib("x"),
        "lib/ld-linux.so.9": lib("ld-linux.so.9"),
        "lib/ld.so.9": lib("ld.so.9"),
        "lib/ld64.so.9": lib("ld64.so.9"),
        "lib/libyes.so.py": lib(None),
    }
    names = {entry.partition(" ")[0] for entry in check(tmp_path, tree)}
    assert names == {"ld-linux.so.9", "ld.so.9", "ld64.so.9", "libyes.so.py"}


def test_glibc_hwcaps(tmp_path: Path) -> None:
    hwcaps = "usr/lib/glibc-hwcaps"
    tree: Tree = {
        "usr/lib/libx.so.1": lib("libx.so.1"),
        f"{hwcaps}/b/libx.so.1.2": lib("libx.so.1"),
        f"{hwcaps}/a/libx.so.1.3": lib("libx.so.1"),
        f"{hwcaps}/unused-name-in-the-table/README": b"",
        f"{hwcaps}/.hidden/libx.so.1": lib("libx.so.1"),
        f"{hwcaps}/with:colon/libx.so.1": lib("libx.so.1"),
        f"{hwcaps}/link": Link("../../../srv/new"),
        "srv/new/liby.so.1": lib("liby.so.1"),
        "opt/a/glibc-hwcaps/b/libx.so.1": lib("libx.so.1"),
    }
    entries = check(tmp_path, tree)
    assert len(entries) == 5
    assert "libx.so.1" in entries[-1]
    assert "level" not in entries[-1]


@pytest.mark.parametrize("needed", [1, 0b11, 0b111, 0b1111])
def test_needed_level_of_x86_64(needed: int, tmp_path: Path) -> None:
    data = shared_library("libx.so.1", HOST.machine, flags=HOST.flags, isa=needed)
    (entry,) = check(tmp_path, {"usr/lib/glibc-hwcaps/new/libx.so.1": data})
    level = needed.bit_length() - 1 if HOST.architecture in ("386", "amd64") else 0
    assert f"new, level {level})" in entry


def test_random_trees(tmp_path: Path) -> None:
    for seed in range(60):
        dice = random.Random(seed)
        places = ["opt/a", "opt/b", "srv/c", "usr/lib", "opt/a/glibc-hwcaps/v1"]
        tree: dict[str, bytes | Link] = {}
        for _ in range(dice.randrange(30)):
            place = dice.choice(places)
            name = dice.choice(["liba", "libb-1", "libb-10", "libb-9", "libc++", "ld-x"]) + ".so"
            version = dice.choice(["", ".1.2", ".1.9", ".1.10.0"])
            soname = f"{name}.1" if version else dice.choice([None, name])
            if tree.setdefault(f"{place}/{name}{version}", data := lib(soname)) is data:
                for link in dice.sample([name, soname or name], dice.randrange(3)):
                    to = dice.choice([f"{name}{version}", f"/{place}/{name}{version}"])
                    tree.setdefault(f"{place}/{link}", Link(to))
        folder = tmp_path / str(seed)
        folder.mkdir()
        check(folder, tree)
