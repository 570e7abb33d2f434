from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.architectures import ElfMachine
from tools.lib.debian.package import BinaryPackage
from tools.lib.elf.elf_file import ElfInfo
from tools.lib.part.part import Blob, Chunk, Origin, Part, PartDirectory, PartEntry
from tools.lib.part.part_json import read_part, write_part

COMMON: dict[str, Any] = {"mode": 0o4755, "uid": 7, "gid": 2**32 - 2, "mtime": 1735689600}
SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ELF = ElfInfo(
    machine=ElfMachine(32, "big", 8),
    type="exec",
    flags=0xFFFFFFFF,
    isa_level=3,
    interpreter="/lib/ld.so.1",
    soname="x",
    needed=("libc.so.6", "lib\udcff.so"),
    rpath=("/a", ""),
    runpath=("$ORIGIN",),
)
PART = Part(
    label="//x:y",
    architecture="arm",
    package=BinaryPackage("p", "1:2-3", "armhf", "s"),
    blob=Blob("zstd", 123, 456, SHA256),
    directories=(
        PartDirectory(path="a", implied=True, mode=0o755, uid=0, gid=0, mtime=0),
        PartDirectory(path="a/\udcff", xattrs={"user.x": b"\0\xff"}, **COMMON),
    ),
    entries=(
        PartEntry(path="a/x", type="file", size=5, sha256=SHA256, elf=ELF, **COMMON),
        PartEntry(path="a/y", type="hardlink", link="a/x", **COMMON),
        PartEntry(path="b", type="symlink", link="../\udcff", xattrs={"user.y": b""}, **COMMON),
        PartEntry(path="c", type="char", device=(1, 3), **COMMON),
        PartEntry(path="d", type="fifo", **COMMON),
        PartEntry(path="etc/ld.so.conf", type="file", sha256=SHA256, text="/\udcff", **COMMON),
        PartEntry(
            path="e",
            type="file",
            size=7,
            sha256=SHA256,
            chunks=(Chunk(512, 30, 4, SHA256), Chunk(542, 20, 3, "00" * 32)),
            crc64=0xAB,
            **COMMON,
        ),
        PartEntry(path="etc/ld.so.cache", type="file", libraries={"x": ("/x", "/y")}, **COMMON),
    ),
    replaces=("etc/ld.so.cache",),
    origin=Origin(url="https://deb.example/p.deb", sha256=SHA256, purl="pkg:deb/p", cpe=""),
)


def read(folder: Path, data: bytes) -> Part:
    path = folder / "part.json"
    path.write_bytes(data)
    return read_part(str(path))


def written(part: Part) -> bytes:
    out = io.BytesIO()
    write_part(part, out)
    return out.getvalue()


def test_part_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read(tmp_path, written(PART)) == PART


def test_format() -> None:
    value = json.loads(written(PART).decode("utf-8", "surrogateescape"))
    assert value["version"] == 1
    assert value["package"] == {
        "name": "p",
        "version": "1:2-3",
        "architecture": "armhf",
        "source": "s",
    }
    assert value["origin"] == {
        "url": "https://deb.example/p.deb",
        "sha256": SHA256,
        "purl": "pkg:deb/p",
        "cpe": "",
    }
    assert value["blob"] == {
        "compression": "zstd",
        "size": 123,
        "uncompressed_size": 456,
        "sha256": SHA256,
    }
    assert value["directories"][0]["implied"] is True
    assert value["directories"][1]["xattrs"] == {"user.x": "AP8="}
    assert value["entries"][0]["mode"] == "4755"
    assert value["entries"][0]["elf"]["data"] == "big"
    assert (value["entries"][3]["major"], value["entries"][3]["minor"]) == (1, 3)
    chunked = value["entries"][6]
    assert chunked["chunks"][0] == {"offset": 512, "stored_size": 30, "size": 4, "sha256": SHA256}
    assert chunked["crc64"] == "00000000000000ab"
    assert "chunks" not in value["entries"][0]


def test_minimal_part(tmp_path: Path) -> None:
    part = Part(
        label="x",
        architecture=None,
        package=None,
        blob=Blob("none", 0, 0, SHA256),
        directories=(),
        entries=(),
    )
    assert read(tmp_path, written(part)) == part
    assert json.loads(written(part))["origin"] is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "unknown version 2 of part.json"),
        ({"version": None}, "unknown version None"),
        ({"label": None}, "label: missing"),
        ({"architecture": 5}, "architecture: must be a string, not 5"),
        ({"package": {"name": "x"}}, r"package\.version: missing"),
        ({"origin": {"url": ""}}, r"origin\.sha256: missing"),
        ({"blob": {}}, r"blob\.compression: missing"),
        (
            {"blob": {"compression": "lz4"}},
            r"blob\.compression: 'lz4', must be one of gzip, zstd, none",
        ),
        ({"entries": [{}]}, r"entries\[0\]\.type: missing"),
        ({"entries": [{"type": "door"}]}, r"entries\[0\]\.type: 'door', must be one of file, "),
        ({"entries": [{"type": "fifo"}]}, r"entries\[0\]\.path: missing"),
        ({"entries": 5}, "entries: must be a list, not 5"),
        (
            {"directories": [{"path": "x", "mode": "rwx"}]},
            r"directories\[0\]\.mode: invalid octal mode 'rwx'",
        ),
        (
            {"directories": [{"path": "x", "mode": 493}]},
            r"directories\[0\]\.mode: must be a string, not 493",
        ),
        ({"replaces": "x"}, "replaces: must be a list, not 'x'"),
    ],
)
def test_malformed_part(change: dict[str, object], message: str, tmp_path: Path) -> None:
    value = json.loads(written(PART).decode("utf-8", "surrogateescape")) | change
    with pytest.raises(ToolError, match=rf"part\.json: {message}"):
        read(tmp_path, json.dumps(value).encode())


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("uid", -1, "uid: must be an integer.* not -1"),
        ("mtime", 1e3, r"mtime: must be an integer.* not 1000\.0"),
        ("mtime", 253402300800, "mtime: must be an integer.* not 253402300800"),
        ("size", None, "size: missing"),
        ("xattrs", {"user.x": "?"}, "xattrs: invalid base64"),
        ("elf", {"type": "dyn"}, r"elf\.data: missing"),
        ("elf", 5, r"elf: must be an object, not 5"),
        ("libraries", {"x": "/x"}, r"libraries\['x'\]: must be a list, not '/x'"),
        ("text", 5, "text: must be a string, not 5"),
        ("chunks", {}, "chunks: must be a list"),
        ("chunks", [5], r"chunks\[0\]: must be an object, not 5"),
        ("chunks", [{"offset": 1}], r"chunks\[0\]\.stored_size: missing"),
        ("crc64", "AB", "crc64: 'AB' is not 16 hexadecimal digits"),
    ],
)
def test_malformed_entry(field: str, value: object, message: str, tmp_path: Path) -> None:
    part = json.loads(written(PART).decode("utf-8", "surrogateescape"))
    part["entries"][0][field] = value
    with pytest.raises(ToolError, match=rf"entries\[0\]\.{message}"):
        read(tmp_path, json.dumps(part).encode())
