import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from tools.lib.cli.errors import ToolError, run
from tools.tar_layer.__main__ import main
from tools.tar_layer.core import describe_tar


def tar(*entries: tarfile.TarInfo, form: int = tarfile.GNU_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for entry in entries:
            archive.addfile(entry, io.BytesIO(b"x" * entry.size) if entry.isreg() else None)
    return out.getvalue()


def entry(name: str, mtime: float = 1000, size: int = 700, kind: bytes = b"0") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mtime, info.size, info.type = mtime, size, kind
    return info


def created(data: bytes) -> int | None:
    return describe_tar(io.BytesIO(data), "").created


TAR = tar(entry("a", 1735689600), entry("b", 5), entry("dir", 9, 0, b"5"))


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def plain(data: bytes) -> bytes:
    return data


@pytest.mark.parametrize(
    ("compress", "suffix"), [(plain, ""), (gzip.compress, "+gzip"), (zstd, "+zstd")]
)
def test_a_tar_is_described_exactly_so(
    tmp_path: Path, compress: Callable[[bytes], bytes], suffix: str
) -> None:
    data = compress(TAR)
    path = tmp_path / "misnamed.tar.gz"
    path.write_bytes(data)
    out = tmp_path / "a.layer.json"
    assert main(["--tar", str(path), "--layer-out", str(out), "--label", "//a:tar"]) == 0
    assert json.loads(out.read_bytes()) == {
        "version": 1,
        "descriptor": {
            "mediaType": "application/vnd.oci.image.layer.v1.tar" + suffix,
            "digest": "sha256:" + hashlib.sha256(data).hexdigest(),
            "size": len(data),
        },
        "diff_id": "sha256:" + hashlib.sha256(TAR).hexdigest(),
        "architecture": None,
        "created": 1735689600,
        "created_by": "//a:tar",
        "architecture_owner": "",
    }


@pytest.mark.parametrize("compress", [gzip.compress, zstd])
def test_members_and_frames_are_one_stream(compress: Callable[[bytes], bytes]) -> None:
    layer = describe_tar(io.BytesIO(compress(TAR[:1000]) + compress(TAR[1000:])), "")
    assert layer.diff_id == "sha256:" + hashlib.sha256(TAR).hexdigest()


def test_a_skippable_frame_of_zstd_is_passed_over() -> None:
    skippable = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"
    for data in (skippable + zstd(TAR), zstd(TAR) + skippable):
        assert created(data) == 1735689600


def test_times_of_pax_and_of_base_256_are_read() -> None:
    assert created(tar(entry("a", 1700000000.75), form=tarfile.PAX_FORMAT)) == 1700000000
    assert created(tar(entry("a", 1 << 34), form=tarfile.GNU_FORMAT)) == 1 << 34


def test_times_that_no_document_can_hold_are_passed_over() -> None:
    assert created(tar(entry("a", -5), entry("b", 1 << 40))) is None
    assert created(tar(entry("a", 0), entry("b", 1 << 40))) == 0
    assert created(tar()) is None


def test_long_names_and_links_are_walked_over() -> None:
    link = entry("l" * 300, 7, 0, tarfile.SYMTYPE)
    link.linkname = "t" * 300
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        assert created(tar(entry("n" * 300, 5), link, form=form)) == 7


def test_the_size_of_a_pax_header_wins() -> None:
    big = entry("big", 3, 0)
    big.pax_headers = {"size": "700"}
    data = tar(big, form=tarfile.PAX_FORMAT)
    data = data[:1536] + b"x" * 700 + bytes(324) + tar(entry("next", 9))
    assert created(data) == 9


def test_sparse_maps_of_gnu_are_walked_over() -> None:
    sparse = bytearray(tar(entry("sparse", 3, 0, b"S"))[:512])
    sparse[482] = 1
    sparse[148:156] = b" " * 8
    sparse[148:156] = b"%06o\0 " % sum(sparse)
    extension = b"0" * 504 + b"\1" + bytes(7)
    assert created(bytes(sparse) + extension + bytes(512) + tar(entry("next", 9))) == 9


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty: not a tar"),
        (b"hello\n", "6 bytes: not a tar"),
        (b"x" * 2000, "not a tar"),
        (gzip.compress(b""), "empty: not a tar"),
        (gzip.compress(b"hello"), "5 bytes: not a tar"),
        (TAR[:1000], "truncated: the data of the entry at byte 0"),
        (TAR[:1536], "truncated: no end-of-archive mark at byte 1536"),
        (TAR[:1600], "truncated: no end-of-archive mark at byte 1536"),
        (gzip.compress(TAR)[:-4], "not a whole .gz stream: it is cut off"),
        (gzip.compress(TAR)[:100], "not a whole .gz stream: it is cut off"),
        (gzip.compress(TAR) + b"rest", "not a whole .gz stream"),
        (gzip.compress(TAR)[:-8] + bytes(8), "not a whole .gz stream"),
        (zstd(TAR)[:-1], "not a whole .zst stream: it is cut off"),
        (zstd(TAR) + b"rest", "not a whole .zst stream"),
        (TAR[:1536] + b"x" * 512 + TAR[1536:], "damaged: byte 1536 is no tar header"),
        (TAR + TAR, "more data after the end of the archive"),
        (b"\xfd7zXZ\0" + bytes(600), "compressed by xz, which no OCI layer may be"),
        (b"BZh9" + bytes(600), "compressed by bzip2"),
        (b"PK\3\4" + bytes(600), "compressed by zip"),
    ],
)
def test_what_is_not_a_whole_tar_is_told(data: bytes, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        created(data)
    assert message in str(caught.value)


def header(**fields: bytes) -> bytes:
    """A header with fields of any content, and a right checksum."""
    places = {"size": 124, "mtime": 136, "kind": 156}
    block = bytearray(tar(entry("a", size=0))[:512])
    for name, value in fields.items():
        block[places[name] : places[name] + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.parametrize(
    "data",
    [
        header(size=b"\xff" * 12),
        header(size=b"\x80" + b"\x7f" * 11),
        header(size=b"77777777777\0"),
        header(mtime=b"yesterday\0\0\0"),
        header(kind=b"x", size=b"77777777777\0"),
        header(kind=b"x", size=b"00000000010\0") + b"0 a=b\n" + bytes(506),
        header(kind=b"x", size=b"00000000010\0") + b"9999 a=b" + bytes(504),
        header(kind=b"x", size=b"00000000010\0") + b"7" * 8 + bytes(504),
        header(kind=b"x", size=b"00000000013\0") + b"11 size=-1\n" + bytes(501) + header(),
    ],
)
def test_lying_headers_neither_hang_nor_crash(data: bytes) -> None:
    with pytest.raises(ToolError, match=r"damaged|truncated"):
        created(tar(entry("first"))[:1536] + data + bytes(1024))


def test_a_name_that_looks_like_a_magic_is_a_name() -> None:
    assert created(tar(entry("BZh.txt", 5))) == 5


def test_a_fault_is_one_line_that_names_the_file_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.tar.xz"
    path.write_bytes(b"\xfd7zXZ\0")
    argv = ["tar_layer", "--tar", str(path), "--layer-out", str(tmp_path / "out")]
    assert run(main, argv) == 1
    message = capsys.readouterr().err
    assert message.startswith(f"error: {path}: compressed by xz")
    assert message.count("\n") == 1
    assert not (tmp_path / "out").exists()


def hardlink(name: str, target: str) -> tarfile.TarInfo:
    link = entry(name, 1, 0, tarfile.LNKTYPE)
    link.linkname = target
    return link


LONG = "d" * 90 + "/" + "n" * 120


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize(
    ("first", "second", "path"),
    [
        (entry("etc/a"), entry("etc/a"), "etc/a"),
        (entry("./etc/a"), entry("/etc//a"), "etc/a"),
        (entry("a"), hardlink("a", "a"), "a"),
        (entry("a"), entry("a", 1, 0, tarfile.SYMTYPE), "a"),
        (entry("a", 1, 0, tarfile.SYMTYPE), entry("a/", 1, 0, tarfile.DIRTYPE), "a"),
        (entry("a/", 1, 0, tarfile.DIRTYPE), entry("a"), "a"),
        (entry("d" * 120 + "/a"), entry("d" * 120 + "/a"), "d" * 120 + "/a"),
    ],
)
def test_a_path_twice_is_refused_by_its_name(
    form: int, first: tarfile.TarInfo, second: tarfile.TarInfo, path: str
) -> None:
    data = tar(entry("other"), first, entry("another"), second, form=form)
    with pytest.raises(ToolError, match=rf"^{path}: twice in the archive \(hint: .*\)$"):
        created(data)


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_long_path_twice_is_refused_by_its_name(form: int) -> None:
    with pytest.raises(ToolError, match=rf"^{LONG}: twice in the archive"):
        created(tar(entry(LONG), entry(LONG + "x"), entry(LONG), form=form))


def test_directories_may_come_twice_and_hard_links_have_paths_of_their_own() -> None:
    directory = entry("a/", 5, 0, tarfile.DIRTYPE)
    link = hardlink("a/c", "a/b")
    whiteout = entry("a/.wh.b", 1, 0)
    assert created(tar(directory, entry("a/b", 2), link, whiteout, entry("./a", 6, 0, b"5"))) == 6


def test_a_name_that_is_no_path_is_refused() -> None:
    with pytest.raises(ToolError, match=r"^x{80}: no path: it has more than 4096 bytes$"):
        created(tar(entry("x" * 4096)))
