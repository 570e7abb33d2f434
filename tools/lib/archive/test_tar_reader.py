import os
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from tools.lib.archive.forward import ForwardReader
from tools.lib.archive.limits import ArchiveLimits
from tools.lib.archive.tar_entry import TarEntry
from tools.lib.archive.tar_entry import header as our_header
from tools.lib.archive.tar_member import relative
from tools.lib.archive.tar_reader import content, members
from tools.lib.archive.testing import (
    BLOCK,
    END,
    GNU,
    archive,
    header,
    long_text,
    padded,
    pax,
    record,
)
from tools.lib.cli.errors import ToolError

Read = Callable[[bytes], list[tuple[TarEntry, bytes]]]


def read_file(data: bytes) -> list[tuple[TarEntry, bytes]]:
    """Reads an archive that allows every offset."""

    def read_at(offset: int, length: int) -> bytes:
        return data[offset : offset + length]

    found = list(members(read_at, len(data)))
    return [(member.entry, b"".join(content(member, read_at))) for member in found]


def read_stream(data: bytes) -> list[tuple[TarEntry, bytes]]:
    """Reads an archive that comes in chunks of an odd size."""
    chunks = (data[at : at + 777] for at in range(0, len(data), 777))
    stream = ForwardReader(chunks)
    return [
        (member.entry, b"".join(content(member, stream.read_at)))
        for member in members(stream.read_at)
    ]


@pytest.fixture(params=[read_file, read_stream], ids=["file", "stream"])
def read(request: pytest.FixtureRequest) -> Read:
    chosen: Read = request.param
    return chosen


@pytest.mark.parametrize("format", ["v7", "oldgnu", "gnu", "ustar", "posix"])
def test_every_format_of_gnu_tar(read: Read, tmp_path: Path, format: str) -> None:
    (tmp_path / "d").mkdir(mode=0o750)
    (tmp_path / "d" / "a").write_bytes(b"A" * 513)
    (tmp_path / "d" / "link").symlink_to("a")
    os.link(tmp_path / "d" / "a", tmp_path / "d" / "z")
    os.mkfifo(tmp_path / "d" / "fifo", 0o600)
    names = ["d", "d/a", "d/link", "d/z"] + ([] if format == "v7" else ["d/fifo"])
    command = ["tar", "-c", "--no-recursion", f"--format={format}", "--mtime=@1000000000.5"]
    data = subprocess.run(
        [*command, "--owner=x:77", "--group=y:88", "-C", str(tmp_path), *names],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    found = {entry.path: (entry, content) for entry, content in read(data)}
    assert {path: entry.type for path, (entry, _) in found.items()} == {
        "d": "directory",
        "d/a": "file",
        "d/link": "symlink",
        "d/z": "hardlink",
        **({} if format == "v7" else {"d/fifo": "fifo"}),
    }
    assert found["d/a"][1] == b"A" * 513
    assert found["d/link"][0].link == "a"
    assert found["d/z"][0].link == "d/a"
    entry = found["d"][0]
    assert (entry.mode, entry.uid, entry.gid, entry.mtime) == (0o750, 77, 88, 1_000_000_000)


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_of_every_format(read: Read, format: Literal[0, 1, 2]) -> None:
    entry = tarfile.TarInfo("d" * 90 + "/" + "f" * 90)
    entry.type, entry.linkname = tarfile.SYMTYPE, "t" * 100
    ((found, _),) = read(entry.tobuf(format) + END)
    assert (found.path, found.link) == (entry.name, entry.linkname)


def test_our_own_headers(read: Read) -> None:
    entries = [
        TarEntry("a" * 250 + "/" + "b" * 250 + "/ü", "file", 0o6755, 1 << 30, 1 << 31, 1 << 37),
        TarEntry("b", "symlink", 0o777, link="../" * 200),
        TarEntry("c", "hardlink", 0o644, link="d" * 200),
        TarEntry("d", "char", 0o666, device=(1, 3)),
        TarEntry("e", "file", 0o644, xattrs={"user.ü": bytes(range(256))}),
        TarEntry("f/" * 60 + "g", "directory", 0o1777, mtime=5),
    ]
    data = b"".join(our_header(entry) for entry in entries) + END
    assert [entry for entry, _ in read(data)] == entries


def test_the_data_of_a_stream_may_be_left_unread() -> None:
    data = archive(header(size=1000), b"x" * 1000, header(name=b"b", size=3), b"abc")
    stream = ForwardReader(iter([data[:100], data[100:1100], data[1100:]]))
    found = members(stream.read_at)
    assert next(found).entry.path == "a"
    second = next(found)
    assert b"".join(content(second, stream.read_at)) == b"abc"
    assert list(found) == []


def test_a_comment_for_all_entries_as_git_writes_it(read: Read) -> None:
    comment = pax([(b"comment", b"6f1805e")], b"g")
    assert [entry.path for entry, _ in read(archive(comment, header()))] == ["a"]
    with pytest.raises(ToolError, match=r"byte 0: unsupported keyword mtime \(hint: container"):
        read(archive(pax([(b"mtime", b"5")], b"g"), header()))


def test_a_size_in_a_pax_header(read: Read) -> None:
    extended = pax([(b"size", b"700")])
    for size in (0, 700, 8**11 - 1):
        ((entry, data),) = read(archive(extended, header(size=size), b"x" * 700))
        assert (entry.size, data) == (700, b"x" * 700)
    with pytest.raises(ToolError, match="a: a size of 5 in the header, and 700 in the pax header"):
        read(archive(extended, header(size=5), b"x" * 700))


def test_times_before_1970_count_as_1970(read: Read) -> None:
    data = archive(header(mtime=b"\xff" * 12), pax([(b"mtime", b"-62135596800")]), header())
    assert [entry.mtime for entry, _ in read(data)] == [0, 0]


def test_a_slash_makes_a_directory_before_posix(read: Read) -> None:
    ((entry, _),) = read(archive(header(name=b"d/", typeflag=b"\0", magic=bytes(8))))
    assert (entry.path, entry.type) == ("d", "directory")


SYMLINK = header(typeflag=b"2", link=b"x")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty, not a tar archive"),
        (bytes(511), "not a tar archive"),
        (b"a" * 512, "not a tar archive"),
        (header(), "truncated: the archive ends before byte 1024, without an end-of-archive"),
        (header() + b"x" * 512, "damaged: no tar header at byte 512"),
        (archive(header())[:-1], "truncated: 1535 bytes, not a multiple of 512"),
        (archive(header()) + b"x", "more data after the end-of-archive mark at byte 512"),
        (archive(archive(header()), header()), "more data after the end-of-archive mark"),
        (header(size=b"0001_0\0\0"), "tar header at byte 0: invalid size"),
        (archive(header(typeflag=b"Z")), "a: unknown entry type b'Z'"),
        (archive(header(typeflag=b"7")), "a: unknown entry type b'7'"),
        (archive(header(typeflag=b"X")), "a: unknown entry type b'X'"),
        (archive(header(name=b"")), "the root: an entry without a name"),
        (archive(header(name=b"./.")), "the root: a file whose name ends in a slash"),
        (archive(header(name=b"d/")), "d: a file whose name ends in a slash"),
        (archive(header(name=b"d/.", typeflag=b"2", link=b"x")), "d: a symlink whose name ends"),
        (archive(header(name=b"d/", typeflag=b"\0", prefix=b"p")), "p/d: a file in a header whose"),
        (
            archive(long_text(b"L", b"d/f"), header(name=b"d/", typeflag=b"\0", magic=GNU)),
            "d/f: a file in a header whose name ends in a slash",
        ),
        (archive(header(name=b"../a")), "../a: the path contains '..'"),
        (archive(header(typeflag=b"2")), "a: a symlink without a target"),
        (archive(header(typeflag=b"1")), "a: a hardlink without a target"),
        (archive(header(typeflag=b"1", link=b"b/")), "a: a hard link to the directory b"),
        (archive(header(typeflag=b"1", link=b"/")), "a: a hard link to the directory /"),
        (archive(header(typeflag=b"1", link=b"../b")), "../b: the path contains '..'"),
        (archive(header(typeflag=b"5", size=512), b"x" * 512), "a: a directory with 512 bytes"),
        (archive(header(typeflag=b"2", link=b"x", size=512), b""), "a: a symlink with 512 bytes"),
        (archive(pax([(b"size", b"512")]), SYMLINK, b""), "a: a symlink with 512 bytes of data"),
        (archive(header(mtime=b"\x80" + (1 << 60).to_bytes(11, "big"))), "after the year 9999"),
        (archive(pax([(b"mtime", b"253402300800")]), header()), "after the year 9999"),
        (archive(pax([(b"path", b"a")])), "damaged: the archive ends after an extended header"),
        (archive(pax(b"x" * 512), header()), "extended header at byte 0: malformed record"),
        (pax(b"x" * 600)[:700], "truncated: extended header at byte 0"),
        (
            archive(header(typeflag=b"x", size=12), b"12 path=a/b\n9 size=9\n", header()),
            "extended header at byte 0: its padding is not zero",
        ),
        (header(typeflag=b"x", size=(1 << 20) + 1), "1048577 bytes, where 1 to 1048576 are"),
        (header(typeflag=b"L", size=0), "0 bytes, where 1 to"),
        (archive(long_text(b"L", b"a\0b"), header()), "a long name that is empty or contains"),
        (archive(long_text(b"K", b"\0"), SYMLINK), "a long name that is empty or contains"),
        (archive(long_text(b"L", b"a" * 256), header()), "more than 255 bytes"),
        (archive(long_text(b"L", b"a/" * 2048), header(typeflag=b"5")), "more than 4095 bytes"),
        (archive(long_text(b"L", b"a/" * 257), header(typeflag=b"5")), "more than 256 components"),
        (archive(long_text(b"K", b"a" * 4096), SYMLINK), "a: the target contains a NUL, or has"),
    ],
)
def test_archives_that_are_damaged_or_ambiguous(read: Read, data: bytes, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        read(data)
    assert message in str(caught.value)


NAME, LINK = long_text(b"L", b"n"), long_text(b"K", b"l")
PAX, COMMENT = pax([(b"mtime", b"5")]), pax([(b"comment", b"x")], b"g")


@pytest.mark.parametrize(
    "headers",
    [
        [NAME, NAME],
        [LINK, LINK],
        [PAX, PAX],
        [PAX, NAME],
        [LINK, PAX],
        [PAX, COMMENT],
        [NAME, COMMENT],
    ],
    ids=["LL", "KK", "xx", "xL", "Kx", "xg", "Lg"],
)
def test_a_second_extended_header_for_an_entry(read: Read, headers: list[bytes]) -> None:
    with pytest.raises(ToolError, match="a second extended header for one entry"):
        read(archive(*headers, SYMLINK))


@pytest.mark.parametrize("headers", [[NAME, LINK], [LINK, NAME], [COMMENT, PAX]])
def test_extended_headers_that_go_together(read: Read, headers: list[bytes]) -> None:
    assert len(read(archive(*headers, SYMLINK))) == 1


def test_data_that_is_cut_off() -> None:
    data = header(size=1000) + b"x" * 900
    with pytest.raises(ToolError, match="a: truncated: 1000 bytes of data announced, 900 left"):
        read_file(data)
    with pytest.raises(ToolError, match="a: truncated: its data is incomplete"):
        read_stream(data)
    stream = ForwardReader(iter([data]))
    with pytest.raises(ToolError, match="truncated: the archive ends before byte 2048"):
        list(members(stream.read_at))


MANY = ArchiveLimits(size=1 << 20, entries=100, names=10_000)
HOLE = pax(
    record(b"GNU.sparse.size", b"%d" % (1 << 30))
    + record(b"GNU.sparse.numblocks", b"1")
    + record(b"GNU.sparse.map", b"%d,0" % (1 << 30))
)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (archive(HOLE, header()), "more than 1048576 bytes of files"),
        (archive(*[header()] * 101), "more than 100 entries"),
        (
            archive(pax(b"".join(record(b"K%d" % at, b"") for at in range(900))), header()),
            "entries",
        ),
        (archive(*[header(name=b"n" * 100, prefix=b"p" * 155)] * 50), "10000 bytes of names"),
        (archive(pax([(b"SCHILY.xattr.a", b"x" * 10_000)]), header()), "10000 bytes of names"),
    ],
)
def test_limits(data: bytes, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        list(members(lambda at, length: data[at : at + length], len(data), MANY))


@pytest.mark.parametrize(
    ("name", "path"),
    [(b"./a//b/./c/", "a/b/c"), (b"/a", "a"), (b".", ""), (b"/", ""), (b"\xff", "\udcff")],
)
def test_paths_are_relative_to_the_root(name: bytes, path: str) -> None:
    assert relative(name) == path


def test_the_longest_names() -> None:
    longest = b"/".join([b"n" * 255] * 15 + [b"n" * 255])
    assert len(longest) == 4095
    data = archive(long_text(b"L", longest), header(magic=GNU))
    assert read_file(data)[0][0].path == longest.decode()
    assert len(padded(b"x")) == BLOCK
