"""Malformed packages: one line that says what, and no output."""

import random
import tarfile
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.testing import (
    CONTROL,
    TarEntry,
    ar,
    convert,
    deb,
    device,
    directory,
    file,
    hardlink,
    symlink,
    tar,
)

GOOD = deb(file("./usr/a", b"A" * 3000))


def refused(directory: Path, package: bytes, *flags: str) -> str:
    """The error's line, less the package's path; checks that nothing was written."""
    with pytest.raises(ToolError) as caught:
        convert(directory, package, *flags)
    assert [path.name for path in directory.iterdir()] == ["sample.deb"]
    line = str(caught.value)
    assert "\n" not in line
    return line.removeprefix(f"{directory}/sample.deb: ")


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([file("../a")], "'..'"),
        ([file("./usr/../../a")], "'..'"),
        ([hardlink("./a", "../etc/passwd")], "'..'"),
        ([hardlink("./a", "/etc/passwd")], "a: a hard link to etc/passwd, which is no file"),
        ([hardlink("./a", "./b"), hardlink("./b", "./a")], "a hard link to"),
        ([directory("./d"), hardlink("./a", "./d")], "a: a hard link to d, which is no file"),
        ([symlink("./usr/a", "../../etc/passwd")], "usr/a: a symlink out of the image"),
        ([symlink("./a", "/etc"), file("./a/passwd")], "a: a symlink, and other entries are below"),
        ([file("./a"), file("./a/b")], "a: a file, and other entries are below it"),
        ([file("./a"), file("/a")], "a: twice in the archive"),
        ([file("./a"), directory("./a")], "a: twice in the archive"),
        ([device("./dev/sda", tarfile.BLKTYPE)], "dev/sda: a device"),
        ([device("./dev/null")], "dev/null: a device"),
        ([file("./.")], "the root is a file"),
        ([file("./usr/.wh.a")], "usr/.wh.a: layers have another meaning for such a name"),
        ([file("./a\nb")], "a line feed in a name"),
        ([file("./" + "a/" * 2500 + "a")], "no path: it has a NUL, or more than 4096 bytes"),
        ([file("./var/lib/dpkg/status.d/sample")], "the package brings what registers it"),
    ],
)
def test_entries_that_no_layer_may_have(
    tmp_path: Path, entries: list[TarEntry], message: str
) -> None:
    assert message in refused(tmp_path, deb(*entries))


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        (file("./usr/share/man/a"), "usr/share/man/a"),
        (file("./b"), "b"),
        (directory("./"), "the root"),
    ],
)
def test_a_time_that_no_image_can_tell_is_told_of_its_entry(
    tmp_path: Path, entry: TarEntry, path: str
) -> None:
    entry.info.mtime = 1 << 60
    message = refused(tmp_path, deb(entry, file("./a")))
    assert f": {path}: the time {1 << 60}, in seconds since 1970, is after" in message


def test_what_is_refused_can_be_left_out(tmp_path: Path) -> None:
    part = convert(tmp_path, deb(device("./dev/null"), file("./a")), "--exclude=dev")
    assert "a" in part.entries


@pytest.mark.parametrize(
    ("package", "message"),
    [
        (b"", "not a .deb: it does not begin as an ar archive"),
        (b"PK\3\4" + GOOD, "not a .deb"),
        (GOOD[:-100], "cut off"),
        (GOOD + b"garbage", "no header of an ar member"),
        (GOOD.replace(b"2.0\n", b"3.0\n"), "debian-binary: version b'3.0'"),
        (GOOD.replace(b"data.tar.xz ", b"data.tar.br "), "'.br' is no known compression"),
        (GOOD.replace(b"data.tar.xz ", b"data.tar.gz "), "data.tar.gz: not a whole .gz stream"),
        (GOOD.replace(b"data.tar.xz", b"date.tar.xz"), "date.tar.xz: unexpected at its place"),
        (GOOD.replace(b"control.tar.xz ", b"control.tar.bz2"), "no compression of a control"),
        (ar([("debian-binary", b"2.0\n")]), "has no control.tar"),
        (ar([("control.tar", b"")]), "control.tar: unexpected at its place"),
        (GOOD + ar([("data.tar", b"")])[8:], "data.tar: unexpected at its place"),
        (GOOD + ar([("debian-binary", b"")])[8:], "debian-binary: twice in the package"),
        (deb(data=b""), "data.tar.xz: cut off: it has no end-of-archive mark"),
        (deb(data=b"x" * 2048), "data.tar.xz: damaged at byte 0: no tar header"),
        (deb(data=tar(file("a"))[:512]), "it has no end-of-archive mark"),
        (deb(data=tar(file("a")) + b"x"), "more data after the end-of-archive mark"),
        (deb(data=tar(file("a", b"x" * 600))[:1000]), "a: 600 bytes announced, 488 there"),
    ],
)
def test_archives_that_are_damaged(tmp_path: Path, package: bytes, message: str) -> None:
    assert message in refused(tmp_path, package)


@pytest.mark.parametrize(
    ("control", "message"),
    [
        (b"", "control: "),
        (b"Package\n", "control: no field: Package"),
        (CONTROL.replace(b"Package", b"Pakage"), "control: has no Package"),
        (CONTROL.replace(b"Version: 1.2-3\n", b""), "control: has no Version"),
        (CONTROL.replace(b"Architecture: amd64\n", b""), "control: has no Architecture"),
        (CONTROL.replace(b"sample", b"../../etc"), "control: Package is '../../etc'"),
        (CONTROL.replace(b"1.2-3", b"1 2"), "control: Version is '1 2'"),
        (CONTROL.replace(b"amd64", b"i486"), "control: the architecture i486"),
        (CONTROL + b"package: other\n", "control: package twice"),
        (CONTROL + b"\nPackage: other\n", "control: more than one paragraph"),
    ],
)
def test_control_files_that_name_no_package(tmp_path: Path, control: bytes, message: str) -> None:
    assert refused(tmp_path, deb(file("a"), control=control)).startswith(message)


def test_control_files_with_holes_are_no_way_around_the_limit(tmp_path: Path) -> None:
    hole = file("./control")
    hole.info.pax_headers = {"GNU.sparse.map": "0,0", "GNU.sparse.size": str(1 << 40)}
    archive = tar(hole, format=tarfile.PAX_FORMAT)
    members = [("debian-binary", b"2.0\n"), ("control.tar", archive), ("data.tar", tar(file("a")))]
    assert "control.tar: control: 1099511627776 bytes" in refused(tmp_path, ar(members))


def test_a_control_archive_without_control(tmp_path: Path) -> None:
    assert "has no file control" in refused(tmp_path, deb(prefix="./not-"))


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst", ".bz2", ".lzma"])
def test_bombs_are_given_up_early(tmp_path: Path, suffix: str) -> None:
    package = deb(suffix=suffix, data=bytes(65 << 20))
    assert "more than 67108864 bytes uncompressed" in refused(tmp_path, package)


def test_sparse_files_are_no_way_around_the_limit(tmp_path: Path) -> None:
    hole = file("./a")
    hole.info.pax_headers = {"GNU.sparse.map": "0,0", "GNU.sparse.size": str(1 << 40)}
    package = deb(hole, format=tarfile.PAX_FORMAT)
    assert "files of more than 67108864 bytes" in refused(tmp_path, package)


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst", ".bz2"])
def test_streams_that_end_early(tmp_path: Path, suffix: str) -> None:
    whole = deb(file("./a", random.Random(0).randbytes(9000)), suffix=suffix)
    start = whole.index(f"data.tar{suffix}".encode())
    stream = whole[start + 60 :]
    package = whole[:start] + ar([(f"data.tar{suffix}", stream[: len(stream) // 2])])[8:]
    assert f"data.tar{suffix}: not a whole {suffix} stream" in refused(tmp_path, package)


@pytest.mark.parametrize("suffix", ["", ".xz"])
def test_any_damage_is_either_harmless_or_told_in_one_line(tmp_path: Path, suffix: str) -> None:
    entries = [file("./usr/a", b"\x7fELF" + bytes(200)), hardlink("./b", "./usr/a")]
    whole = deb(*entries, sums=b"", suffix=suffix, control_suffix=suffix)
    dice = random.Random(1)
    told = 0
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(dice.randrange(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        try:
            convert(tmp_path, bytes(damaged))
        except ToolError as error:
            told += "\n" not in str(error)
    assert told > 100
