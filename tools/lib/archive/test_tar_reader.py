import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from tools.lib.archive import tar_reader as tar
from tools.lib.archive.tar_entry import Entry, header
from tools.lib.cli.errors import ToolError


def read(archive: bytes) -> list[tuple[Entry, bytes]]:
    def read_at(offset: int, length: int) -> bytes:
        return archive[offset : offset + length]

    return [
        (member.entry, b"".join(tar.content(member, read_at)))
        for member in tar.members(read_at, len(archive))
    ]


@pytest.fixture
def sparse(tmp_path: Path) -> Path:
    """A file of 3 MB with pieces of data between holes, more of them than a header has room for."""
    path = tmp_path / "sparse"
    with path.open("wb") as out:
        for number in range(30):
            out.seek(number * 100_000)
            out.write(b"%04d" % number * 1024)
        out.truncate(3_000_001)
    return path


@pytest.mark.parametrize(
    "format",
    [
        ["--format=gnu"],
        *(["--format=pax", f"--sparse-version={version}"] for version in ("0.0", "0.1", "1.0")),
    ],
)
def test_sparse_files_of_gnu_tar_are_whole_again(sparse: Path, format: list[str]) -> None:
    command = ["tar", "-c", "--sparse", *format, "-C", str(sparse.parent), "sparse"]
    archive = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    assert len(archive) < 1_000_000
    ((entry, content),) = read(archive)
    assert (entry.path, entry.size) == ("sparse", 3_000_001)
    assert content == sparse.read_bytes()


@pytest.mark.parametrize("format", ["v7", "oldgnu", "gnu", "ustar", "posix"])
def test_each_format_of_gnu_tar(tmp_path: Path, format: str) -> None:
    (tmp_path / "d").mkdir(mode=0o750)
    (tmp_path / "d" / "a").write_bytes(b"A" * 513)
    (tmp_path / "d" / "link").symlink_to("a")
    os.link(tmp_path / "d" / "a", tmp_path / "d" / "z")
    os.mkfifo(tmp_path / "d" / "fifo", 0o600)
    names = ["d", "d/a", "d/link", "d/z"] + ([] if format == "v7" else ["d/fifo"])
    command = ["tar", "-c", "--no-recursion", f"--format={format}", "--mtime=@1000000000.5"]
    archive = subprocess.run(
        [*command, "--owner=x:77", "--group=y:88", "-C", str(tmp_path), *names],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    found = {entry.path: (entry, content) for entry, content in read(archive)}
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


def test_what_our_headers_say_is_read_again() -> None:
    entries = [
        Entry("a" * 300 + "/ü", "file", 0o6755, 1 << 30, 1 << 31, 1 << 37),
        Entry("b", "symlink", 0o777, link="../" * 200),
        Entry("c", "hardlink", 0o644, link="d" * 200),
        Entry("d", "char", 0o666, device=(1, 3)),
        Entry("e", "file", 0o644, xattrs={"user.ü": bytes(range(256))}),
        Entry("f/" * 60 + "g", "directory", 0o1777, mtime=5),
    ]
    archive = b"".join(header(entry) for entry in entries) + bytes(1024)
    assert [entry for entry, _ in read(archive)] == entries


def test_numbers_in_gnu_s_base_256() -> None:
    info = tarfile.TarInfo("a")
    info.uid, info.mtime = 1 << 40, -5
    ((entry, _),) = read(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    assert (entry.uid, entry.mtime) == (1 << 40, 0)


def test_global_pax_headers_hold_until_an_entry_s_own() -> None:
    archive = io.BytesIO()
    with tarfile.open(
        fileobj=archive, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"mtime": "77.9"}
    ) as out:
        out.addfile(tarfile.TarInfo("a"))
        own = tarfile.TarInfo("b")
        own.pax_headers = {"mtime": "5"}
        out.addfile(own)
        out.addfile(tarfile.TarInfo("c"))
    assert [entry.mtime for entry, _ in read(archive.getvalue())] == [77, 5, 77]


def block(change: bytes, at: int) -> bytes:
    """The header of a file of 512 bytes with some bytes changed, and its sum right again."""
    info = tarfile.TarInfo("a")
    info.size = 512
    data = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    data[at : at + len(change)] = change
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data)
    return bytes(data)


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (b"", "cut off"),
        (bytes(511), "cut off"),
        (b"a" * 512, "damaged at byte 0: no tar header"),
        (block(b"1_0", 124), "no tar header"),
        (block(b"-0000000001", 124), "no tar header"),
        (block(b"\xff" * 12, 124), "-1 bytes announced"),
        (block(b"\x80" + b"\x7f" * 11, 124), "bytes announced"),
        (block(b"Z", 156), "a: an entry of the unknown type b'Z'"),
        (block(b"S", 156) + bytes(512), "a: the map of the sparse file is damaged"),
        (block(b"2", 156), "a: a symlink to nothing"),
        (block(b"\xff" * 8, 108) + bytes(512), "a: the owner -1:0"),
        (
            block(b"\x80\0\0\0\x10".ljust(12, b"\0"), 136) + bytes(512),
            "a: the time 1152921504606846976, in seconds since 1970, is after the year 9999",
        ),
        (block(b"x", 156) + b"x" * 512, "no list of keywords"),
        (block(b"x", 156) + b"9 size=1\n".ljust(512, b"\0"), "no list of keywords"),
        (block(b"x", 156) + b"99999 size=1\n".ljust(512, b"\0"), "no list of keywords"),
        (block(b"x", 156)[:512], "an extended header of 512 bytes"),
        (block(b"L\0", 156) + bytes(512), "cut off"),
        (block(b"..\0", 0) + bytes(512), "'..'"),
    ],
)
def test_what_is_no_tar_is_an_error(archive: bytes, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        read(archive)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "records",
    [
        {"GNU.sparse.map": "0,1,x", "GNU.sparse.size": "5"},
        {"GNU.sparse.map": "0,1,2", "GNU.sparse.size": "5"},
        {"GNU.sparse.map": "0,9", "GNU.sparse.size": "20"},
        {"GNU.sparse.map": "5,2,0,2", "GNU.sparse.size": "20"},
        {"GNU.sparse.map": "0,4", "GNU.sparse.size": "3"},
        {"GNU.sparse.map": "0,4"},
        {"GNU.sparse.major": "1", "GNU.sparse.realsize": "5"},
    ],
)
def test_maps_of_sparse_files_that_make_no_sense(records: dict[str, str]) -> None:
    info = tarfile.TarInfo("a")
    info.size = 4
    info.pax_headers = records
    archive = info.tobuf(tarfile.PAX_FORMAT) + b"x" * 4 + bytes(508 + 1024)
    with pytest.raises(ToolError, match="a: the map of the sparse file is damaged"):
        read(archive)
