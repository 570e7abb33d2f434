import gzip
import hashlib
import io
import lzma
import stat
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Digest
from tools.lib.rootfs.layer_stream import members

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
    "none": bytes,
}


def tar(*entries: tuple[str, bytes, str]) -> bytes:
    """Entries of a name, tarfile's type, and a link or the text of a file."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind, text in entries:
            info = tarfile.TarInfo(name)
            info.type, info.uid, info.mode = kind, 7, 0o4755
            if kind == tarfile.REGTYPE:
                info.size = len(text)
            else:
                info.linkname = text
            archive.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


TAR = tar(
    ("d", tarfile.DIRTYPE, ""),
    ("d/f", tarfile.REGTYPE, "text"),
    ("d/h", tarfile.LNKTYPE, "d/f"),
    ("d/s", tarfile.SYMTYPE, "f"),
)


def sha256(data: bytes) -> Digest:
    return Digest(f"sha256:{hashlib.sha256(data).hexdigest()}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "layer"


@pytest.mark.parametrize("compression", COMPRESSORS)
def test_entries_come_with_what_counts_and_files_with_their_bytes(
    path: Path, compression: str
) -> None:
    data = COMPRESSORS[compression](TAR)
    path.write_bytes(data)
    contents: dict[int, bytes] = {}

    def on_file(ordinal: int, content: Iterator[bytes]) -> None:
        contents[ordinal] = b"".join(content)

    found = list(members(str(path), sha256(data), sha256(TAR), on_file))
    assert [(each.name, stat.S_IFMT(each.mode)) for each in found] == [
        ("d", stat.S_IFDIR),
        ("d/f", stat.S_IFREG),
        ("d/h", stat.S_IFREG),
        ("d/s", stat.S_IFLNK),
    ]
    assert (stat.S_IMODE(found[1].mode), found[1].uid, found[1].size) == (0o4755, 7, 4)
    assert [(each.link, each.hardlink) for each in found[2:]] == [("d/f", True), ("f", False)]
    assert contents == {1: b"text"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (gzip.compress(TAR)[:-5], "broken layer: invalid .gz stream: truncated"),
        (zstandard.compress(TAR)[:-5], "broken layer: invalid .zst stream: truncated"),
        (lzma.compress(TAR), "broken layer: compressed with xz, which OCI layers must not be"),
        (TAR[:600], "broken layer: "),
        (TAR[:512] + b"x" * 512 + TAR[1024:], "broken layer: damaged: no tar header at byte 512"),
        (gzip.compress(TAR + bytes(512)), "is not the config's diff_id"),
    ],
)
def test_what_is_broken_is_told_with_the_file(path: Path, data: bytes, message: str) -> None:
    path.write_bytes(data)
    with pytest.raises(ToolError) as caught:
        list(members(str(path), sha256(data), sha256(TAR)))
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_another_file_than_the_digest_s_is_told_and_so_is_none(path: Path) -> None:
    path.write_bytes(TAR)
    with pytest.raises(ToolError, match="its digest is not sha256:"):
        list(members(str(path), sha256(b""), sha256(TAR)))
    path.unlink()
    with pytest.raises(ToolError, match="layer not found in the layout"):
        list(members(str(path), sha256(TAR), sha256(TAR)))


def test_an_error_of_who_takes_the_files_is_not_the_layer_s(path: Path) -> None:
    path.write_bytes(TAR)

    def refuse(ordinal: int, content: Iterator[bytes]) -> None:
        raise ToolError("no room")

    with pytest.raises(ToolError, match=r"^no room$"):
        list(members(str(path), sha256(TAR), sha256(TAR), refuse))


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_of_every_format_in_a_stream_of_several_members(path: Path, format: int) -> None:
    name = "d" * 90 + "/" + "f" * 90
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        archive.addfile(tarfile.TarInfo(name))
    plain = out.getvalue()
    for compress in (gzip.compress, zstandard.compress):
        data = b"".join(compress(plain[at : at + 1000]) for at in range(0, len(plain), 1000))
        path.write_bytes(data)
        found = list(members(str(path), sha256(data), sha256(plain)))
        assert [each.name for each in found] == [name]
