import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from tools.lib.archive.tar_reader import content, members
from tools.lib.archive.testing import (
    BLOCK,
    GNU,
    archive,
    header,
    padded,
    pax,
    sparse_1_0,
    with_checksum,
)
from tools.lib.cli.errors import ToolError


def read(data: bytes) -> list[tuple[str, bytes]]:
    def read_at(offset: int, length: int) -> bytes:
        return data[offset : offset + length]

    return [
        (member.entry.path, b"".join(content(member, read_at)))
        for member in members(read_at, len(data))
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
        ["--format=oldgnu"],
        *(["--format=pax", f"--sparse-version={version}"] for version in ("0.0", "0.1", "1.0")),
    ],
)
def test_sparse_files_of_gnu_tar(sparse: Path, format: list[str]) -> None:
    (sparse.parent / "next").write_bytes(b"data")
    command = ["tar", "-c", "--sparse", *format, "-C", str(sparse.parent), "sparse", "next"]
    data = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    assert len(data) < 1_000_000
    assert read(data) == [("sparse", sparse.read_bytes()), ("next", b"data")]


@pytest.mark.parametrize(
    ("pieces", "size"),
    [
        ([(0, 5)], 5),
        ([(0, 512), (1024, 5)], 1029),
        ([(512, 600), (4096, 0)], 4096),
        ([(0, 0), (1024, 0)], 1024),
        ([(0, 512), (512, 512)], 1024),
    ],
)
def test_pieces_are_where_python_finds_them(pieces: list[tuple[int, int]], size: int) -> None:
    data = archive(sparse_1_0(b"a", pieces, size), header(name=b"z"))
    with tarfile.open(fileobj=BytesIO(data)) as reference:
        file = reference.extractfile("a")
        assert file is not None
        assert read(data) == [("a", file.read()), ("z", b"")]


@pytest.mark.parametrize(
    ("pieces", "size", "message"),
    [
        ([(0, 5), (1024, 5)], 1029, "not aligned"),  # GNU tar starts each piece at a block
        ([(0, 512)], 1024, "do not fit the size"),  # GNU tar ends the file after the last piece
        ([(512, 512), (0, 512)], 1024, "out of order"),
        ([(0, 1024), (512, 512)], 1024, "out of order"),
        ([(0, 1024)], 512, "do not fit the size"),
        ([], 0, "0 pieces"),
        ([(0, 0)] * 20_000, 0, "20000 pieces"),
    ],
)
def test_maps_that_readers_read_differently(
    pieces: list[tuple[int, int]], size: int, message: str
) -> None:
    with pytest.raises(ToolError, match=f"^a: invalid map of a sparse file: .*{message}"):
        read(archive(sparse_1_0(b"a", pieces, size)))


def version_0(records: dict[str, bytes], size: int = 4) -> bytes:
    extended = pax((b"GNU.sparse." + key.encode(), value) for key, value in records.items())
    return archive(extended, header(size=size), b"x" * size)


GOOD = {"size": b"1000", "numblocks": b"2", "map": b"600,4,1000,0"}


def test_version_0_1() -> None:
    assert read(version_0(GOOD)) == [("a", bytes(600) + b"xxxx" + bytes(396))]
    assert read(version_0(GOOD | {"name": b"b"})) == [("b", bytes(600) + b"xxxx" + bytes(396))]


@pytest.mark.parametrize(
    "records",
    [
        GOOD | {"map": b"600,4,1000,x"},
        GOOD | {"map": b"600,4,1000"},
        GOOD | {"map": b"600,4,-1,0"},
        GOOD | {"map": b"600,3,1000,0"},
        GOOD | {"map": b"600,5,1000,0"},
        GOOD | {"numblocks": b"3"},
        GOOD | {"numblocks": b"two"},
        GOOD | {"size": b"9" * 5000},
        GOOD | {"realsize": b"1000"},
        GOOD | {"major": b"0"},
        {"size": b"1000", "map": b"600,4,1000,0"},
        {"map": b"600,4,1000,0", "numblocks": b"2"},
        {"major": b"1", "minor": b"0", "realsize": b"5"},
        {"major": b"1", "minor": b"1", "realsize": b"5", "name": b"a"},
        {"major": b"1", "minor": b"0", "realsize": b"5", "name": b"a"},
        {"unknown": b"1"},
    ],
)
def test_keywords_that_make_no_map(records: dict[str, bytes]) -> None:
    with pytest.raises(ToolError, match=r"^a: (invalid map of a sparse file|invalid GNU)"):
        read(version_0(records))


@pytest.mark.parametrize("typeflag", [b"1", b"2", b"5", b"6"])
def test_a_map_for_another_type_of_entry(typeflag: bytes) -> None:
    keywords = pax([(b"GNU.sparse.map", b"0,512"), (b"GNU.sparse.size", b"512")])
    with pytest.raises(ToolError, match="the map of a sparse file for another type of entry"):
        read(archive(keywords, header(typeflag=typeflag, link=b"x")))


def test_a_map_before_a_header_in_another_format() -> None:
    data = sparse_1_0(b"a", [(0, 512)], 512)
    block = bytearray(data[1024:1536])
    block[257:265] = GNU  # GNU tar ignores the map
    with pytest.raises(ToolError, match="another type of entry"):
        read(archive(data[:1024], with_checksum(bytes(block)), data[1536:]))


def old_header(fields: bytes, more: int = 0, size: int = 512) -> bytes:
    """A header of type `S`: pairs of numbers in its map, and whether more blocks follow."""
    block = bytearray(header(typeflag=b"S", magic=GNU, size=size))
    block[386 : 386 + len(fields)] = fields
    block[482] = more
    block[483:495] = b"00000002000\0"
    return with_checksum(bytes(block))


def pair(offset: int, length: int) -> bytes:
    return b"%011o\0%011o\0" % (offset, length)


PIECE = pair(0, 512)


def test_the_old_format() -> None:
    data = archive(old_header(PIECE + pair(1024, 0)), b"x" * 512, header(name=b"z"))
    assert read(data) == [("a", b"x" * 512 + bytes(512)), ("z", b"")]
    more = padded(pair(1024, 0))
    data = archive(old_header(PIECE + pair(512, 0) * 3, more=1), more, b"x" * 512, header())
    assert read(data) == [("a", b"x" * 512 + bytes(512)), ("a", b"")]


@pytest.mark.parametrize(
    "blocks",
    [
        (old_header(PIECE + pair(512, 0) * 3, more=2), padded(pair(1024, 0))),
        (old_header(PIECE, more=1), padded(pair(1024, 0))),
        (old_header(PIECE + bytes(24) + pair(1024, 0)),),
        (old_header(PIECE + pair(1024, 0)[:12]),),
        (old_header(b"-0000000001\0" + bytes(11) + b"\0"),),
        (old_header(PIECE),),
        (header(typeflag=b"S", size=512),),
        (header(typeflag=b"S", magic=GNU, size=512),),
        (pax([(b"mtime", b"5")]), old_header(PIECE + pair(1024, 0))),
    ],
)
def test_old_headers_that_readers_read_differently(blocks: tuple[bytes, ...]) -> None:
    with pytest.raises(ToolError, match="sparse file"):
        read(archive(*blocks, b"x" * 512))


def test_an_endless_map_of_the_old_format() -> None:
    block = bytearray(padded(pair(0, 0) * 21))
    block[504] = 1
    with pytest.raises(ToolError, match="too long"):
        read(archive(old_header(pair(0, 0) * 4, more=1), *[bytes(block)] * 1000))
    with pytest.raises(ToolError, match="too long"):
        read(old_header(pair(0, 0) * 4, more=1) + bytes(block) + bytes(BLOCK - 1))


def test_runtimes_cannot_unpack_the_old_format() -> None:
    data = archive(old_header(PIECE + pair(1024, 0)), b"x" * 512)
    with pytest.raises(ToolError, match="container runtimes cannot unpack"):
        list(members(lambda at, length: data[at : at + length], for_runtime=True))
