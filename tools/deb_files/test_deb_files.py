from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools.deb_files.__main__ import main
from tools.lib.cli.errors import ToolError
from tools.lib.debian.testing import (
    CONTROL,
    PackedEntry,
    deb,
    device,
    directory,
    file,
    hardlink,
    symlink,
)

TRIPLET = "x86_64-linux-gnu"
LIB = f"./usr/lib/{TRIPLET}"


def unpack(
    tmp_path: Path, *packages: bytes, content: str = "data", limits: Sequence[int] = ()
) -> Path:
    """Runs the tool, and returns the directory that it wrote."""
    arguments = ["--content", content, "--directory-out", str(tmp_path / "out")]
    for number, data in enumerate(packages):
        path = tmp_path / f"{number}.deb"
        path.write_bytes(data)
        arguments += ["--deb", str(path)]
        if number < len(limits):
            arguments += ["--max-size", str(path), str(limits[number])]
    if content == "development":
        arguments += ["--triplet", TRIPLET, "--script-out", str(tmp_path / "script")]
    assert main(arguments) == 0
    return tmp_path / "out"


def listed(root: Path) -> dict[str, str]:
    """What is below a directory: by path, the content of a file, or the text of a link."""
    return {
        str(path.relative_to(root)): f"-> {os.readlink(path)}"
        if path.is_symlink()
        else path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def named(name: str, *entries: PackedEntry) -> bytes:
    return deb(*entries, control=CONTROL.replace(b"sample", name.encode()))


def test_files_are_as_in_the_package(tmp_path: Path) -> None:
    out = unpack(
        tmp_path,
        deb(
            directory("./usr/empty"),
            file("./usr/bin/a", b"A", mode=0o4755),
            hardlink("./usr/bin/b", "./usr/bin/a"),
            file("./etc/conf", b"C", mode=0o600),
        ),
    )
    assert listed(out) == {"etc/conf": "C", "usr/bin/a": "A", "usr/bin/b": "A"}
    assert (out / "usr/empty").is_dir()
    modes = [(out / path).stat().st_mode & 0o7777 for path in ("usr/bin/a", "etc/conf")]
    assert modes == [0o755, 0o644]


def test_links_lead_to_the_same_file_and_never_out(tmp_path: Path) -> None:
    out = unpack(
        tmp_path,
        deb(
            file("./usr/lib/x/real", b"R"),
            symlink("./usr/lib/absolute", "/usr/lib/x/real"),
            symlink("./usr/lib/relative", "x/real"),
            symlink("./usr/lib/chain", "relative"),
            symlink("./usr/lib/directory", "x"),
            symlink("./usr/lib/self", "."),
            symlink("./usr/lib/missing", "nowhere"),
            symlink("./usr/lib/outside", "../../../../etc/passwd"),
            symlink("./usr/lib/loop", "loop"),
            device("./dev/null"),
        ),
    )
    assert listed(out) == {
        "usr/lib/absolute": "-> x/real",
        "usr/lib/chain": "-> x/real",
        "usr/lib/directory": "-> x",
        "usr/lib/relative": "-> x/real",
        "usr/lib/x/real": "R",
    }


def test_control_files(tmp_path: Path) -> None:
    out = unpack(tmp_path, deb(sums=b"0  a\n"), content="control")
    assert listed(out) == {"control": CONTROL.decode(), "md5sums": "0  a\n"}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([file("./a"), file("./a")], "a: duplicate entry"),
        ([symlink("./a", "/tmp"), file("./a/b")], "a: a symlink with entries below it"),
        ([hardlink("./a", "./b")], "a: hard link to b, which is not a file"),
        (
            [hardlink("./a", "./b"), hardlink("./b", "./a")],
            "a: hard link to b, which is not a file",
        ),
    ],
)
def test_contradictory_archives(tmp_path: Path, entries: list[PackedEntry], message: str) -> None:
    with pytest.raises(ToolError) as error:
        unpack(tmp_path, deb(*entries))
    assert error.value.message.endswith(message)


def test_headers_and_libraries_of_packages_that_belong_together(tmp_path: Path) -> None:
    out = unpack(
        tmp_path,
        named(
            "libpq-dev",
            file("./usr/include/postgresql/libpq-fe.h", b"fe"),
            file(f"./usr/include/{TRIPLET}/config.h", b"config"),
            file(
                f"{LIB}/pkgconfig/libpq.pc",
                b"prefix=/usr\nincludedir=${prefix}/include\nCflags: -I${includedir}/postgresql\n",
            ),
            symlink(f"{LIB}/libpq.so", "libpq.so.5.15"),
            file(f"{LIB}/libpq.a", b"static"),
            symlink(f"{LIB}/libssl.so", "libssl.so.3"),
        ),
        named(
            "libpq5",
            file(f"{LIB}/libpq.so.5.15", b"pq"),
            symlink(f"{LIB}/libpq.so.5", "libpq.so.5.15"),
            file(f"{LIB}/pq/plugin.so", b"plugin"),
            file("./usr/bin/pq", b"program"),
        ),
        named("libz1", file(f"./lib/{TRIPLET}/libz.so.1", b"z")),
        named("libz-dev", symlink(f"{LIB}/libz.so", f"/lib/{TRIPLET}/libz.so.1")),
        named("libc6-dev", file("./usr/include/stdio.h", b"of the toolchain")),
        content="development",
    )
    assert listed(out) == {
        f"include/{TRIPLET}/config.h": "config",
        "include/postgresql/libpq-fe.h": "fe",
        "lib/libpq.a": "static",
        "lib/libpq.so": "-> libpq.so.5.15",
        "lib/libpq.so.5": "-> libpq.so.5.15",
        "lib/libpq.so.5.15": "pq",
        "lib/libz.so": "-> libz.so.1",
        "lib/libz.so.1": "z",
        "pkgconfig/libpq-fe.h": "fe",
    }
    # libssl3 is not among the packages: the base image has it.
    assert (tmp_path / "script").read_text() == "INPUT ( AS_NEEDED ( -lpq -lz ) )\n"


@pytest.mark.parametrize("content", ["data", "development"])
def test_each_package_has_its_own_limit(tmp_path: Path, content: str) -> None:
    small = named("a", file("./usr/include/a.h", bytes(100)))
    large = named("b", file("./usr/include/b.h", bytes(50_000)))
    with pytest.raises(ToolError, match=r"1\.deb: .*`max_size_mib`"):
        unpack(tmp_path, small, large, content=content, limits=(1 << 20, 40_000))
    out = unpack(tmp_path, small, large, content=content, limits=(20_000, 1 << 20))
    assert {path.rpartition("/")[2] for path in listed(out)} == {"a.h", "b.h"}


def test_headers_without_a_library(tmp_path: Path) -> None:
    out = unpack(tmp_path, named("x-dev", file("./usr/include/x.h", b"x")), content="development")
    assert listed(out) == {"include/x.h": "x"}
    assert (out / "lib").is_dir()
    assert (tmp_path / "script").read_text() == "/* No libraries. */\n"
