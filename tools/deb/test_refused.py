"""Malformed packages: an error of one line, and no output."""

import lzma
import random
import tarfile
from pathlib import Path

import pytest

from tools.deb.testing import convert
from tools.lib.cli.errors import ToolError
from tools.lib.debian.testing import (
    CONTROL,
    PackedEntry,
    ar,
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
    """Returns the error without the package's path, and checks that there is no output."""
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
        ([hardlink("./a", "/etc/passwd")], "a: hard link to etc/passwd, which is not a file"),
        ([hardlink("./a", "./b"), hardlink("./b", "./a")], "hard link to"),
        ([directory("./d"), hardlink("./a", "./d")], "a: hard link to d, which is not a file"),
        ([symlink("./usr/a", "../../etc/passwd")], "usr/a: symlink out of the image"),
        ([symlink("./a", "/etc"), file("./a/passwd")], "a: a symlink with entries below it"),
        ([file("./a"), file("./a/b")], "a: a file with entries below it"),
        ([file("./a"), file("/a")], "a: duplicate entry"),
        ([file("./a"), directory("./a")], "a: duplicate entry"),
        ([device("./dev/sda", tarfile.BLKTYPE)], "dev/sda: a device"),
        ([device("./dev/null")], "dev/null: a device"),
        ([file("./.")], "the root: a file whose name ends in a slash"),
        ([file("./usr/.wh.a")], "usr/.wh.a: would be a whiteout"),
        ([file("./a\nb")], "line feed in a name"),
        ([file("./" + "a/" * 2500 + "a")], "the path has more than 4095 bytes"),
        ([file("./" + "a/" * 300 + "a")], "the path has more than 256 components"),
        ([file("./" + "n" * 300)], "the path has a component of more than 255 bytes"),
        ([file("./var/lib/dpkg/status.d/sample")], "status.d/sample: reserved for dpkg's database"),
        ([file("./var/lib/dpkg/status.d/libc6")], "status.d/libc6: reserved for dpkg's database"),
        (
            [file("./var/lib/dpkg/status.d/sample/x")],
            "status.d/sample/x: reserved for dpkg's database",
        ),
        (
            [directory("./var/lib/dpkg/status.d/sample")],
            "status.d/sample: reserved for dpkg's database",
        ),
        ([file("./var")], "var: a file instead of a directory above var/lib/dpkg/status.d"),
        ([symlink("./var/lib", "/etc")], "var/lib: a symlink instead of a directory above"),
        (
            [symlink("./var/lib/dpkg", "/etc")],
            "var/lib/dpkg: a symlink instead of a directory above",
        ),
        ([file("./var/lib/dpkg/status.d")], "status.d: reserved for dpkg's database"),
        ([file("./var/lib/dpkg/status")], "dpkg/status: reserved for dpkg's database"),
    ],
)
def test_entries_that_no_layer_may_have(
    tmp_path: Path, entries: list[PackedEntry], message: str
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
def test_times_after_the_year_9999(tmp_path: Path, entry: PackedEntry, path: str) -> None:
    entry.info.mtime = 1 << 60
    message = refused(tmp_path, deb(entry, file("./a")))
    assert f"{path}: modification time {1 << 60} is after" in message


@pytest.mark.parametrize("owner", [(1 << 32) - 1, 1 << 32, 1 << 40])
def test_owners_that_linux_does_not_have(tmp_path: Path, owner: int) -> None:
    entry = file("./a")
    entry.info.uid = owner
    assert f"uid {owner} is larger than 4294967294" in refused(tmp_path, deb(entry))


def test_a_second_xz_stream_which_dpkg_does_not_read(tmp_path: Path) -> None:
    streams = lzma.compress(tar(file("a"))) + lzma.compress(tar(file("b")))
    package = deb(suffix="")
    start = package.index(b"data.tar ")
    package = package[:start] + ar([("data.tar.xz", streams)])[8:]
    assert "more data after the end of the .xz stream" in refused(tmp_path, package)


def test_a_package_may_have_the_directories_of_dpkgs_database(tmp_path: Path) -> None:
    paths = ["var", "var/lib/dpkg/info", "var/lib/dpkg/status.d", "variable"]
    part = convert(tmp_path, deb(*(directory(f"./{path}") for path in paths))).part
    assert set(paths) <= {each.path for each in part.directories}


def test_an_entry_that_is_refused_can_be_excluded(tmp_path: Path) -> None:
    written = convert(tmp_path, deb(device("./dev/null"), file("./a")), "--exclude=dev")
    assert "a" in written.entries


@pytest.mark.parametrize(
    ("package", "message"),
    [
        (b"", "not a .deb: not an ar archive"),
        (b"PK\3\4" + GOOD, "not a .deb"),
        (GOOD[:-100], "truncated"),
        (GOOD + b"garbage", "no ar header at byte"),
        (GOOD.replace(b"2.0\n", b"3.0\n"), "debian-binary: unknown version b'3.0'"),
        (GOOD.replace(b"data.tar.xz ", b"data.tar.br "), "'.br'"),
        (GOOD.replace(b"data.tar.xz ", b"data.tar.gz "), "data.tar.gz: invalid .gz stream"),
        (GOOD.replace(b"data.tar.xz", b"date.tar.xz"), "date.tar.xz: unexpected member"),
        (GOOD.replace(b"control.tar.xz ", b"control.tar.bz2"), "unknown compression '.bz2'"),
        (ar([("debian-binary", b"2.0\n")]), "missing member control.tar"),
        (ar([("control.tar", b"")]), "control.tar: unexpected member"),
        (GOOD + ar([("data.tar", b"")])[8:], "data.tar: unexpected member"),
        (GOOD + ar([("debian-binary", b"")])[8:], "debian-binary: duplicate member"),
        (deb(data=b""), "data.tar.xz: empty, not a tar archive"),
        (deb(data=b"x" * 2048), "data.tar.xz: not a tar archive"),
        (deb(data=tar(file("a"))[:512]), "without an end-of-archive mark"),
        (deb(data=tar(file("a")) + b"x"), "more data after the end-of-archive mark"),
        (
            deb(data=tar(file("a", b"x" * 600))[:1000]),
            "a: truncated: 600 bytes of data announced, 488 left",
        ),
    ],
)
def test_damaged_archives(tmp_path: Path, package: bytes, message: str) -> None:
    assert message in refused(tmp_path, package)


@pytest.mark.parametrize(
    ("control", "message"),
    [
        (b"", "control: "),
        (b"Package\n", "control:1: missing colon in 'Package'"),
        (CONTROL.replace(b"Package", b"Pakage"), "control: missing field Package"),
        (CONTROL.replace(b"Version: 1.2-3\n", b""), "control: missing field Version"),
        (CONTROL.replace(b"Architecture: amd64\n", b""), "control: missing field Architecture"),
        (CONTROL.replace(b"sample", b"../../etc"), "control: Package: invalid package name"),
        (CONTROL.replace(b"sample", b"s" * 5000), "control: Package: invalid package name 'sss"),
        (CONTROL.replace(b"1.2-3", b"1 2"), "control: Version: invalid version '1 2'"),
        (CONTROL.replace(b"amd64", b"i486"), "control: Architecture: 'i486' has no OCI name"),
        (CONTROL + b"package: other\n", "control:7: duplicate field 'package'"),
        (CONTROL + b"\nPackage: other\n", "control:8: more than one paragraph"),
    ],
)
def test_invalid_control_files(tmp_path: Path, control: bytes, message: str) -> None:
    assert refused(tmp_path, deb(file("a"), control=control)).startswith(message)


def test_a_sparse_control_file_does_not_evade_the_limit(tmp_path: Path) -> None:
    sparse = file("./control")
    sparse.info.pax_headers = {
        "GNU.sparse.size": str(1 << 40),
        "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": f"{1 << 40},0",
    }
    archive = tar(sparse, format=tarfile.PAX_FORMAT)
    members = [("debian-binary", b"2.0\n"), ("control.tar", archive), ("data.tar", tar(file("a")))]
    assert "control.tar: more than 33554432 bytes of files" in refused(tmp_path, ar(members))


def test_a_control_archive_without_a_control_file(tmp_path: Path) -> None:
    assert "control.tar.xz: missing file control" in refused(tmp_path, deb(prefix="./not-"))


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst", ".bz2", ".lzma"])
def test_decompression_bombs(tmp_path: Path, suffix: str) -> None:
    package = deb(suffix=suffix, data=bytes(65 << 20))
    message = refused(tmp_path, package)
    assert "more than 67108864 bytes uncompressed (hint: set `max_size_mib` to allow" in message


def test_sparse_files_do_not_evade_the_limit(tmp_path: Path) -> None:
    sparse = file("./a")
    sparse.info.pax_headers = {
        "GNU.sparse.size": str(1 << 40),
        "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": f"{1 << 40},0",
    }
    package = deb(sparse, format=tarfile.PAX_FORMAT)
    assert "data.tar.xz: more than 67108864 bytes of files (hint: set `max_size_mib`" in refused(
        tmp_path, package
    )


def test_a_package_cannot_raise_its_own_limit(tmp_path: Path) -> None:
    sparse = file("./a")
    sparse.info.pax_headers = {
        "GNU.sparse.size": str(20 << 30),
        "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": f"{20 << 30},0",
    }
    control = CONTROL + b"Installed-Size: 99999999\n"
    package = deb(sparse, format=tarfile.PAX_FORMAT, control=control)
    assert "more than 67108864 bytes of files" in refused(tmp_path, package)


@pytest.mark.parametrize(
    ("control", "sums", "message"),
    [
        (b"X-Lines:\n" + b" a\n" * (20 << 20), None, "control.tar.xz: more than 33554432 bytes"),
        (b"X-Lines:\n" + b" a\n" * (1 << 19), None, "control: 1573004 bytes, more than 1048576"),
        (b"", b"a" * (17 << 20), "md5sums: 17825792 bytes, more than 16777216"),
    ],
)
def test_large_control_files(
    tmp_path: Path, control: bytes, sums: bytes | None, message: str
) -> None:
    package = deb(file("a"), control=CONTROL + control, sums=sums)
    assert message in refused(tmp_path, package)


def test_max_size_sets_the_limit(tmp_path: Path) -> None:
    package = deb(file("./a", bytes(9000)))
    assert "more than 8000 bytes" in refused(tmp_path, package, "--max-size=8000")


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst", ".bz2"])
def test_truncated_streams(tmp_path: Path, suffix: str) -> None:
    whole = deb(file("./a", random.Random(0).randbytes(9000)), suffix=suffix)
    start = whole.index(f"data.tar{suffix}".encode())
    stream = whole[start + 60 :]
    package = whole[:start] + ar([(f"data.tar{suffix}", stream[: len(stream) // 2])])[8:]
    assert f"data.tar{suffix}: invalid {suffix} stream" in refused(tmp_path, package)


@pytest.mark.parametrize("suffix", ["", ".xz"])
def test_damage_is_either_harmless_or_an_error_of_one_line(tmp_path: Path, suffix: str) -> None:
    entries = [file("./usr/a", b"\x7fELF" + bytes(200)), hardlink("./b", "./usr/a")]
    whole = deb(*entries, sums=b"", suffix=suffix, control_suffix=suffix)
    dice = random.Random(1)
    errors = 0
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(dice.randrange(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        try:
            convert(tmp_path, bytes(damaged))
        except ToolError as error:
            errors += "\n" not in str(error)
    assert errors > 100
