from __future__ import annotations

import base64
import hashlib
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.wheel.__main__ import main

INFO = "demo-1.0.dist-info"
FILES = {
    "demo/__init__.py": b"x = 1\n",
    "demo-1.0.data/purelib/extra.py": b"y = 2\n",
    "demo-1.0.data/scripts/demo": b"#!python\n",
    "demo-1.0.data/data/share/demo.txt": b"text\n",
    f"{INFO}/METADATA": b"Name: demo\n",
}


def record(files: Mapping[str, bytes]) -> bytes:
    rows = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')},{len(data)}\n"
        for path, data in files.items()
    ]
    return "".join([*rows, f"{INFO}/RECORD,,\n"]).encode()


def wheel(folder: Path, files: Mapping[str, bytes], recorded: bytes | None = None) -> Path:
    path = folder / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.writestr(f"{INFO}/RECORD", record(files) if recorded is None else recorded)
    return path


def unpack(path: Path) -> dict[str, bytes]:
    out = path.parent / "out"
    assert main(["--wheel", str(path), "--directory-out", str(out)]) == 0
    return {
        str(each.relative_to(out)): each.read_bytes() for each in out.rglob("*") if each.is_file()
    }


def test_files_are_placed_as_pip_places_them_without_scripts(tmp_path: Path) -> None:
    assert unpack(wheel(tmp_path, FILES)) == {
        "demo/__init__.py": b"x = 1\n",
        "extra.py": b"y = 2\n",
        "demo-1.0.data/data/share/demo.txt": b"text\n",
        f"{INFO}/METADATA": b"Name: demo\n",
        f"{INFO}/RECORD": record(FILES),
    }


def test_a_file_that_is_not_listed_is_an_error(tmp_path: Path) -> None:
    path = wheel(tmp_path, {**FILES, "more.py": b""}, record(FILES))
    with pytest.raises(ToolError, match=r"more\.py: not listed in demo-1\.0\.dist-info/RECORD"):
        unpack(path)


def test_a_file_with_another_hash_is_an_error(tmp_path: Path) -> None:
    path = wheel(tmp_path, {**FILES, "demo/__init__.py": b"x = 2\n"}, record(FILES))
    with pytest.raises(ToolError, match=r"demo/__init__\.py: its hash differs from that in RECORD"):
        unpack(path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../evil.py", "the path contains '..'"),
        ("/evil.py", "invalid path"),
        ("a//b.py", "invalid path"),
        ("./a.py", "invalid path"),
        ("a\\b.py", "invalid path"),
        ("demo/__init__.py/x", "demo/__init__.py is a file, not a directory"),
        ("demo-1.0.data/purelib/demo/__init__.py", "duplicate entry"),
    ],
)
def test_hostile_paths(tmp_path: Path, name: str, message: str) -> None:
    files = {**FILES, name: b""}
    with pytest.raises(ToolError) as caught:
        unpack(wheel(tmp_path, files))
    assert message in str(caught.value)
    assert not (tmp_path / "evil.py").exists()


def test_links_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr(f"{INFO}/RECORD", "")
    with pytest.raises(ToolError, match="link: not a regular file"):
        unpack(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicates_are_errors(tmp_path: Path) -> None:
    path = wheel(tmp_path, FILES)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("demo/__init__.py", b"x = 3\n")
    with pytest.raises(ToolError, match=r"demo/__init__\.py: duplicate entry"):
        unpack(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "not a zip archive"), (b"<html></html>", "not a zip archive")],
)
def test_other_files(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "x.whl"
    path.write_bytes(data)
    with pytest.raises(ToolError, match=message):
        unpack(path)


def test_damage(tmp_path: Path) -> None:
    path = wheel(tmp_path, {**FILES, "big.py": bytes(range(256)) * 64})
    data = bytearray(path.read_bytes())
    at = data.index(b"big.py") + 40
    data[at : at + 8] = b"xxxxxxxx"
    path.write_bytes(data)
    with pytest.raises(ToolError, match=r"big\.py: (damaged|its hash differs)"):
        unpack(path)


def test_a_wheel_without_its_start(tmp_path: Path) -> None:
    path = wheel(tmp_path, FILES)
    path.write_bytes(path.read_bytes()[20:])
    with pytest.raises(ToolError, match=r"damaged: it lies before the archive|not a zip archive"):
        unpack(path)


def test_archives_without_dist_info(tmp_path: Path) -> None:
    path = tmp_path / "x.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.py", "")
    with pytest.raises(ToolError, match=r"not a wheel: 0 directories \*\.dist-info"):
        unpack(path)


def test_decompression_bombs(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="more than 268435456 bytes of files"):
        unpack(wheel(tmp_path, {**FILES, "bomb": bytes(300 << 20)}))
