from __future__ import annotations

import gzip
import hashlib
import io
import tarfile

import pytest
import zstandard

from tools.lib.cli.errors import ToolError
from tools.lib.elf.testing import shared_library
from tools.lib.part.part import Part
from tools.lib.part.tar_part import read_tar_part


def tar(*entries: tarfile.TarInfo, data: bytes = b"") -> bytes:
    """An archive; `data` is that of every file."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info in entries:
            if info.isreg():
                info.size = len(data)
            archive.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return out.getvalue()


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, mode
    return info


def directory(name: str, mode: int = 0o755) -> tarfile.TarInfo:
    return entry(name, tarfile.DIRTYPE, mode=mode)


def symlink(name: str, target: str) -> tarfile.TarInfo:
    return entry(name, tarfile.SYMTYPE, target)


def hardlink(name: str, target: str) -> tarfile.TarInfo:
    return entry(name, tarfile.LNKTYPE, target)


def read(data: bytes) -> Part:
    return read_tar_part(io.BytesIO(data), "//app:app.tar").part


def test_part_has_the_entries_in_the_order_of_the_tar() -> None:
    device = entry("dev/x", tarfile.CHRTYPE)
    device.devmajor, device.devminor = 1, 3
    first = entry("./opt/b")
    first.mtime, first.uid, first.gid, first.mode = 5, 7, 8, 0o4755
    first.pax_headers = {"SCHILY.xattr.user.x": "y"}
    part = read(tar(first, symlink("opt/a", "/b"), hardlink("opt/c", "./opt/b"), device, data=b"B"))
    assert (part.owner, part.foreign, part.architecture) == ("//app:app.tar", True, None)
    assert [(each.path, each.type, each.link) for each in part.entries] == [
        ("opt/b", "file", ""),
        ("opt/a", "symlink", "/b"),
        ("opt/c", "hardlink", "opt/b"),
        ("dev/x", "char", ""),
    ]
    file = part.entries[0]
    assert (file.mode, file.uid, file.gid, file.mtime, file.size) == (0o4755, 7, 8, 5, 1)
    assert file.sha256 == hashlib.sha256(b"B").hexdigest()
    assert file.xattrs == {"user.x": b"y"}
    assert part.entries[3].device == (1, 3)


def test_part_has_only_the_directories_of_the_tar() -> None:
    part = read(
        tar(entry("usr/lib/x"), directory("./", 0o700), directory("opt"), directory("./opt"))
    )
    assert [(each.path, each.mode, each.implied) for each in part.directories] == [
        ("", 0o700, False),
        ("opt", 0o755, False),
    ]


@pytest.mark.parametrize(
    ("compress", "compression"),
    [(bytes, "none"), (gzip.compress, "gzip"), (zstandard.compress, "zstd")],
)
def test_blob_is_the_whole_tar(compress: type, compression: str) -> None:
    archive = tar(entry("a"), data=b"A" * 3_000_000)
    data = compress(archive)
    found = read_tar_part(io.BytesIO(data), "x")
    blob = found.part.blob
    assert (blob.compression, blob.size, blob.uncompressed_size) == (
        compression,
        len(data),
        len(archive),
    )
    assert blob.sha256 == hashlib.sha256(data).hexdigest()
    assert found.uncompressed_sha256 == hashlib.sha256(archive).hexdigest()


def test_elf_files_are_described() -> None:
    library = shared_library("libx.so.1", needed="libc.so.6")
    for data in (library, library + bytes(3_000_000)):
        (file,) = read(tar(entry("usr/lib/libx.so.1"), data=data)).entries
        assert file.elf
        assert (file.elf.soname, file.elf.needed) == ("libx.so.1", ("libc.so.6",))
        assert file.sha256 == hashlib.sha256(data).hexdigest()


def test_text_of_configuration_files() -> None:
    files = read(tar(entry("etc/passwd"), entry("etc/motd"), data=b"\xff\n")).entries
    assert [file.text for file in files] == ["\udcff\n", None]
    assert {file.sha256 for file in files} == {hashlib.sha256(b"\xff\n").hexdigest()}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([entry("a"), entry("./a")], "a: duplicate entry"),
        ([entry("a"), directory("a")], "a: duplicate entry"),
        ([directory("a"), symlink("a", "b")], "a: duplicate entry"),
        ([hardlink("q/g", "q/f"), entry("q/f")], "q/g: hard link to q/f, which comes later"),
        ([hardlink("g", "g")], "g: hard link to itself"),
        ([directory("d"), hardlink("g", "d")], "g: hard link to the directory d"),
        ([entry("ff"), entry("ff/z")], "ff/z: below ff, which is a file"),
        ([entry("ff"), entry("ff/y/z")], "ff/y/z: below ff, which is a file"),
        ([entry("ff"), hardlink("gg", "ff"), entry("gg/z")], "gg/z: below gg, which is a hardlink"),
        ([entry("ff/z"), entry("ff")], "ff: a file, but other entries are below it"),
        ([entry("ff/y/z"), symlink("ff", "x")], "ff: a symlink, but other entries are below it"),
    ],
)
def test_entries_that_contradict_each_other(entries: list[tarfile.TarInfo], message: str) -> None:
    with pytest.raises(ToolError, match=f"^{message}"):
        read(tar(*entries))


@pytest.mark.parametrize(
    "entries",
    [
        [directory("a"), entry("a/b"), directory("./a/")],
        # Through the link, which may lead to a directory of a layer below.
        [symlink("a", "b"), entry("a/c")],
        [hardlink("a", "usr/bin/below")],
        [symlink("a", "b"), hardlink("c", "a")],
        [entry("a/.wh.b"), entry("a/.wh..wh..opq")],
    ],
)
def test_entries_that_go_together(entries: list[tarfile.TarInfo]) -> None:
    kept = [info for info in entries if not info.isdir()]
    assert len(read(tar(*entries)).entries) == len(kept)


def test_deep_paths_have_a_limit() -> None:
    paths = [entry(f"{number}/" + "d/" * 240 + "f") for number in range(1000)]
    with pytest.raises(ToolError, match="paths of directories exceed 16777216 characters"):
        read(tar(*paths))
