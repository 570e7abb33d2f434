from __future__ import annotations

import io
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from tools.ld_so_cache.__main__ import main
from tools.ld_so_cache.testing import Link, Tree, cache_lines, generator, make_cache
from tools.lib.archive.tar_entry import TarEntry, path_bytes
from tools.lib.cli.errors import ToolError, run
from tools.lib.debian.architectures import find_architecture
from tools.lib.debian.package import BinaryPackage
from tools.lib.elf.elf_file import parse_elf_file
from tools.lib.elf.testing import shared_library
from tools.lib.part.merge import merge_directories
from tools.lib.part.part import Part
from tools.lib.part.part_json import read_part, write_part
from tools.lib.part.part_writer import PartWriter

LIBC = BinaryPackage("libc6", "2.41-12+deb13u5", "amd64", "glibc")


def part(
    path: Path,
    tree: Tree,
    architecture: str | None = "amd64",
    package: BinaryPackage | None = None,
    mtime: int = 5,
) -> list[str]:
    """Writes a part.json; returns the flags for it."""
    writer = PartWriter(io.BytesIO(), "none")
    for name, content in sorted(tree.items(), key=lambda item: path_bytes(item[0])):
        if isinstance(content, Link):
            writer.add(TarEntry(name, "symlink", 0o777, mtime=mtime, link=content.to))
        else:
            entry = TarEntry(name, "file", 0o644, mtime=mtime, size=len(content))
            writer.add(entry, [content], parse_elf_file(io.BytesIO(content), name))
    made_of = writer.close(label=f"//x:{path.name}", architecture=architecture, package=package)
    with path.open("wb") as out:
        write_part(made_of, out)
    return ["--part", str(path)]


def test_cache_of_an_image_and_an_added_part(tmp_path: Path) -> None:
    base = part(
        tmp_path / "libc6",
        {"usr/lib/x86_64-linux-gnu/libc.so.6": shared_library("libc.so.6"), "lib": Link("usr/lib")},
        package=LIBC,
        mtime=9,
    )
    own = part(tmp_path / "own", {"opt/lib/libown.so": shared_library("libown.so")}, None)
    result = make_cache(tmp_path, *base, *own, "--directory", "/opt/lib")
    assert cache_lines(result.cache) == [
        "libown.so (0x0303) => /opt/lib/libown.so",
        "libc.so.6 (0x0303) => /lib/x86_64-linux-gnu/libc.so.6",
    ]
    assert generator(result.cache) == (
        b"ldconfig (Debian GLIBC 2.41-12+deb13u5) stable release version 2.41"
    )
    (entry,) = result.part["entries"]
    assert {key: entry[key] for key in ("path", "mode", "uid", "gid", "mtime")} == {
        "path": "etc/ld.so.cache",
        "mode": "0644",
        "uid": 0,
        "gid": 0,
        "mtime": 9,
    }
    assert entry["libraries"] == {
        "libc.so.6": ["/lib/x86_64-linux-gnu/libc.so.6"],
        "libown.so": ["/opt/lib/libown.so"],
    }
    assert (result.part["architecture"], result.part["package"]) == ("amd64", None)


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        (
            replace(LIBC, version="2.39-0ubuntu8.4"),
            b"ldconfig (Ubuntu GLIBC 2.39-0ubuntu8.4) stable release version 2.39",
        ),
        (BinaryPackage("musl", "1.2", "amd64", "musl"), b"ld_so_cache"),
        (None, b"ld_so_cache"),
    ],
)
def test_generator_is_that_of_the_image_s_c_library(
    package: BinaryPackage | None, expected: bytes, tmp_path: Path
) -> None:
    flags = part(tmp_path / "x", {"lib/libc.so.6": shared_library("libc.so.6")}, package=package)
    assert generator(make_cache(tmp_path, *flags).cache) == expected


def test_cache_replaces_the_one_of_a_layer_below(tmp_path: Path) -> None:
    def layer(*names: str) -> list[Part]:
        return [read_part(str(tmp_path / name)) for name in names]

    flags = part(tmp_path / "a", {"usr/lib/liba.so": shared_library("liba.so")})
    make_cache(tmp_path, *flags)
    below = (tmp_path / "cache.part.json").rename(tmp_path / "below")
    flags += [
        "--part",
        str(below),
        *part(tmp_path / "b", {"lib/libb.so": shared_library("libb.so")}),
    ]
    assert len(cache_lines(make_cache(tmp_path, *flags).cache)) == 2
    merge_directories(layer("b", "cache.part.json"), layer("a", "below"))
    with pytest.raises(
        ToolError, match=r"etc/ld\.so\.cache: duplicate entry: in //x:cache and in //x:cache"
    ):
        merge_directories(layer("below", "cache.part.json"))


def test_missing_links_are_added_at_the_resolved_directory(tmp_path: Path) -> None:
    tree: Tree = {
        "lib": Link("usr/lib"),
        "usr/lib/libx.so.1.2": shared_library("libx.so.1"),
        "usr/lib/libx.so.1.3": shared_library("libx.so.1"),
        "usr/lib/libslash.so": shared_library("../libslash.so"),
        "usr/lib/glibc-hwcaps/v3/libx.so.1.3": shared_library("libx.so.1"),
        # The package links to the older one, and that stays.
        "usr/lib/liby.so.1.2": shared_library("liby.so.1"),
        "usr/lib/liby.so.1.3": shared_library("liby.so.1"),
        "usr/lib/liby.so.1": Link("liby.so.1.2"),
    }
    result = make_cache(tmp_path, *part(tmp_path / "x", tree))
    assert result.links == {"usr/lib/libx.so.1": "libx.so.1.3"}
    assert [entry["path"] for entry in result.part["entries"]] == [
        "etc/ld.so.cache",
        "usr/lib/libx.so.1",
    ]
    assert result.part["replaces"] == ["etc/ld.so.cache"]


def test_dangling_link_named_as_a_soname(tmp_path: Path) -> None:
    tree: Tree = {
        "usr/lib/libx.so.1.2": shared_library("libx.so.1"),
        "usr/lib/libx.so.1": Link("libx.so.1.1"),
    }
    flags = part(tmp_path / "x", tree)
    with pytest.raises(ToolError, match=r"^/usr/lib/libx\.so\.1: dangling symlink, .*`exclude`"):
        make_cache(tmp_path, *flags)


@pytest.mark.parametrize("architecture", ["arm", "ppc64le", "riscv64", "s390x"])
def test_byte_order_and_directories_of_an_architecture(architecture: str, tmp_path: Path) -> None:
    target = find_architecture(architecture)
    flags = {"arm": 0x5000400, "riscv64": 5}.get(architecture, 0)
    tree = {f"usr/lib/{target.triplet}/libx.so": shared_library(None, target.machine, flags=flags)}
    result = make_cache(tmp_path, *part(tmp_path / "x", tree, architecture))
    order = "<" if target.machine.byte_order == "little" else ">"
    assert struct.unpack_from(order + "I", result.cache, 20) == (1,)
    assert result.part["architecture"] == architecture


def test_order_of_entries_does_not_matter(tmp_path: Path) -> None:
    tree = {f"usr/lib/lib{name}.so": shared_library(f"lib{name}.so") for name in "cab"}
    one = make_cache(tmp_path, *part(tmp_path / "x", tree))
    two = make_cache(tmp_path, *part(tmp_path / "x", dict(reversed(tree.items()))))
    assert one == two


def test_wrong_flags(tmp_path: Path) -> None:
    anywhere = part(tmp_path / "x", {"etc/x": b""}, None)
    with pytest.raises(ToolError, match="the architecture is unknown"):
        make_cache(tmp_path, *anywhere)
    arm64 = make_cache(tmp_path, *anywhere, "--architecture", "arm64")
    assert arm64.part["architecture"] == "arm64"
    amd64 = part(tmp_path / "y", {"etc/y": b""})
    with pytest.raises(ToolError, match="architecture is arm64, but the parts are for amd64"):
        make_cache(tmp_path, *amd64, "--architecture", "arm64")
    with pytest.raises(ToolError, match="directories: 'opt/lib' is not an absolute path"):
        make_cache(tmp_path, *amd64, "--directory", "opt/lib")
    for directory in ("/opt/lib", "/etc/y"):
        with pytest.raises(ToolError, match=f"'{directory}' is not a directory of the image"):
            make_cache(tmp_path, *amd64, "--directory", directory)
    with pytest.raises(ToolError, match="unknown architecture 'vax'"):
        make_cache(tmp_path, *anywhere, "--architecture", "vax")


def test_failure_leaves_no_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = ["--blob-out", str(tmp_path / "blob"), "--part-out", str(tmp_path / "part.json")]
    flags = [*outputs, "--label", "//x", "--part", str(tmp_path / "missing")]
    assert run(main, ["ld_so_cache", *flags]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
