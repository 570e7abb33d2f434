from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from tools.flatten.__main__ import main
from tools.lib.cli.errors import ToolError


def tar(*entries: tuple[str, str | bytes], mode: int = 0o640) -> bytes:
    """A tar. Text is the target of a hard link if it begins with `=`, else of a symlink; a name
    that ends with a slash is a directory."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in entries:
            info = tarfile.TarInfo(name.rstrip("/"))
            info.mode = mode
            if name.endswith("/"):
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
            elif isinstance(data, str):
                info.type = tarfile.LNKTYPE if data.startswith("=") else tarfile.SYMTYPE
                info.linkname = data.lstrip("=")
                archive.addfile(info)
            else:
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def flatten(folder: Path, *tars: bytes, compression: str = "none") -> bytes:
    paths = []
    for number, data in enumerate(tars):
        paths.append(str(folder / f"{number}.tar"))
        Path(paths[-1]).write_bytes(data)
    out = folder / "out.tar"
    flags = ["--tar-out", str(out), "--label=//x:y", "--compression", compression]
    assert main([*paths, *flags]) == 0
    return out.read_bytes()


def members(data: bytes) -> dict[str, tuple[str, int, bytes]]:
    """The type, mode and content of each member; a name that occurs twice fails."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for each in archive:
            assert each.name not in found
            file = archive.extractfile(each) if each.isreg() else None
            text = file.read() if file else each.linkname.encode()
            found[each.name] = (each.type.decode(), each.mode, text)
    return found


def test_each_path_occurs_once_and_the_last_tar_counts(tmp_path: Path) -> None:
    first = tar(("etc/", ""), ("etc/a", b"1"), ("etc/b", b"1"))
    second = tar(("./etc/", ""), ("./etc/a", b"2"), ("usr/x", "../etc/a"), mode=0o755)
    assert members(flatten(tmp_path, first, second)) == {
        "etc": ("5", 0o755, b""),
        "etc/a": ("0", 0o755, b"2"),
        "etc/b": ("0", 0o640, b"1"),
        "usr": ("5", 0o755, b""),
        "usr/x": ("2", 0o755, b"../etc/a"),
    }


def test_compressed_tars_give_the_same(tmp_path: Path) -> None:
    data = tar(("etc/a", b"1"))
    plain = flatten(tmp_path, data)
    packed = flatten(tmp_path, gzip.compress(data), compression="gzip")
    assert gzip.decompress(packed) == plain


def test_whiteouts_delete_what_is_below_and_are_kept(tmp_path: Path) -> None:
    first = tar(("etc/a", b"1"), ("etc/d/x", b"1"), ("opt/d/x", b"1"))
    second = tar(("etc/.wh.a", b""), ("etc/.wh.d", b""), ("opt/d/.wh..wh..opq", b""))
    found = members(flatten(tmp_path, first, second, tar(("etc/a", b"3"))))
    assert [name for name, (kind, _, _) in found.items() if kind == "0"] == [
        "etc/.wh.a",
        "etc/.wh.d",
        "opt/d/.wh..wh..opq",
        "etc/a",
    ]


def test_hard_links_stay_after_their_file(tmp_path: Path) -> None:
    found = members(flatten(tmp_path, tar(("a", b"1"), ("b", "=a")), tar(("c", b"2"))))
    assert found == {"a": ("0", 0o640, b"1"), "b": ("1", 0o640, b"a"), "c": ("0", 0o640, b"2")}


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (tar(("a", b"2")), "b: hard link to a, which another of `tars` replaces"),
        (tar(("a/", "")), "//x:y: a: directory, but file in a tar before it .*`tars`"),
        (tar((".wh.a", b"")), "b: hard link to a, which is not an earlier file"),
    ],
)
def test_tars_that_exclude_each_other_are_an_error(
    second: bytes, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ToolError, match=message):
        flatten(tmp_path, tar(("a", b"1"), ("b", "=a")), second)
    assert not (tmp_path / "out.tar").exists()
