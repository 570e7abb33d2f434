import random
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.segments import InterpSegment

from tools.lib import elf


def describe(data: bytes) -> dict[str, Any] | None:
    return elf.describe(lambda offset, length: data[offset : offset + length])


def loaded() -> list[Path]:
    """This process's program and libraries."""
    maps = Path("/proc/self/maps").read_text().splitlines()
    names = {line.split(maxsplit=5)[5] for line in maps if len(line.split(maxsplit=5)) > 5}
    files = (Path(name) for name in sorted({*names, sys.executable}) if name.startswith("/"))
    return [path for path in files if path.is_file() and path.open("rb").read(4) == elf.MAGIC]


def by_pyelftools(path: Path) -> dict[str, Any]:
    with path.open("rb") as source:
        file = ELFFile(source)
        segments = list(file.iter_segments())
        tags: list[Any] = [
            tag for each in segments if isinstance(each, DynamicSegment) for tag in each.iter_tags()
        ]
        interpreters = (
            each.get_interp_name() for each in segments if isinstance(each, InterpSegment)
        )
        return {
            "class": file.elfclass,
            "data": "little" if file.little_endian else "big",
            "machine": {"EM_X86_64": 62, "EM_AARCH64": 183}[file["e_machine"]],
            "type": file["e_type"].removeprefix("ET_").lower(),
            "interpreter": next(interpreters, None),
            "soname": next((t.soname for t in tags if t.entry.d_tag == "DT_SONAME"), None),
            "needed": [t.needed for t in tags if t.entry.d_tag == "DT_NEEDED"],
            "rpath": [p for t in tags if t.entry.d_tag == "DT_RPATH" for p in t.rpath.split(":")],
            "runpath": [
                p for t in tags if t.entry.d_tag == "DT_RUNPATH" for p in t.runpath.split(":")
            ],
        }


def test_the_libraries_of_this_process_are_read_as_pyelftools_reads_them() -> None:
    libraries = loaded()
    assert any("libc.so" in path.name for path in libraries)
    for path in libraries:
        assert describe(path.read_bytes()) == by_pyelftools(path), path


def library(bits: int, order: str) -> bytes:
    """A shared library of 0x400 bytes, loaded at 0x10000."""
    texts = b"\0libc.so.6\0libx.so.1\0$ORIGIN/a:/b\0"
    tags = [(1, 1), (14, 11), (29, 21), (5, 0x10300), (10, len(texts)), (0, 0)]
    dynamic = b"".join(struct.pack(order + {32: "iI", 64: "qQ"}[bits], *tag) for tag in tags)
    segments = [(1, 0, 0x10000, 0x400), (2, 0x200, 0x10200, len(dynamic)), (3, 0x380, 0x10380, 8)]
    if bits == 64:
        rows = [(kind, 0, at, to, to, size, size, 8) for kind, at, to, size in segments]
        header, row = (
            struct.pack(order + "HHIQQQIHHHHHH", 3, 21, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0),
            "IIQQQQQQ",
        )
    else:
        rows = [(kind, at, to, to, size, size, 0, 8) for kind, at, to, size in segments]
        header, row = (
            struct.pack(order + "HHIIIIIHHHHHH", 3, 8, 1, 0, 52, 0, 0, 52, 32, 3, 0, 0, 0),
            "IIIIIIII",
        )
    ident = bytes((bits // 32, 1 if order == "<" else 2, 1)).ljust(12, b"\0")
    table = b"".join(struct.pack(order + row, *each) for each in rows)
    data = (elf.MAGIC + ident + header + table).ljust(0x200, b"\0") + dynamic
    data = data.ljust(0x300, b"\0") + texts
    return (data.ljust(0x380, b"\0") + b"/lib/ld\0").ljust(0x400, b"\0")


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize(("order", "name"), [("<", "little"), (">", "big")])
def test_both_classes_in_both_byte_orders(bits: int, order: str, name: str) -> None:
    assert describe(library(bits, order)) == {
        "class": bits,
        "data": name,
        "machine": 21 if bits == 64 else 8,
        "type": "dyn",
        "interpreter": "/lib/ld",
        "soname": "libx.so.1",
        "needed": ["libc.so.6"],
        "rpath": [],
        "runpath": ["$ORIGIN/a", "/b"],
    }


def damaged(data: bytes) -> Iterator[bytes]:
    for length in range(0, len(data), 7):
        yield data[:length]
    dice = random.Random(0)
    for _ in range(2000):
        copy = bytearray(data)
        for _ in range(dice.randrange(1, 6)):
            copy[dice.randrange(0x340)] = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
        yield bytes(copy)


@pytest.mark.parametrize("bits", [32, 64])
def test_malformed_files_are_no_elf_and_no_crash(bits: int) -> None:
    results = [describe(data) for data in damaged(library(bits, "<"))]
    assert results[0] is None
    assert results.count(None) > 100


def test_texts_without_an_end_are_not_read_on_for_ever() -> None:
    data = library(64, "<").rstrip(b"\0") + b"x" * 10_000
    assert describe(data) is None
