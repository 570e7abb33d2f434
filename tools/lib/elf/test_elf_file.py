import io
import random
import struct
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.segments import InterpSegment

from tools.lib.cli.errors import ToolError
from tools.lib.debian.architectures import ByteOrder, ElfMachine
from tools.lib.elf.elf_file import MAGIC, ElfInfo, parse_elf, parse_elf_file


def parse(data: bytes) -> ElfInfo | None:
    return parse_elf(lambda offset, length: data[offset : offset + length], "lib/x")


def loaded() -> list[Path]:
    """This process's program and libraries."""
    maps = Path("/proc/self/maps").read_text().splitlines()
    names = {line.split(maxsplit=5)[5] for line in maps if len(line.split(maxsplit=5)) > 5}
    files = (Path(name) for name in sorted({*names, sys.executable}) if name.startswith("/"))
    return [path for path in files if path.is_file() and path.open("rb").read(4) == MAGIC]


def by_pyelftools(path: Path) -> ElfInfo:
    with path.open("rb") as source:
        file = ELFFile(source)
        segments = list(file.iter_segments())
        tags: list[Any] = [
            tag for each in segments if isinstance(each, DynamicSegment) for tag in each.iter_tags()
        ]
        interpreters = (
            each.get_interp_name() for each in segments if isinstance(each, InterpSegment)
        )
        return ElfInfo(
            machine=ElfMachine(
                file.elfclass,
                "little" if file.little_endian else "big",
                {"EM_X86_64": 62, "EM_AARCH64": 183}[file["e_machine"]],
            ),
            flags=file["e_flags"],
            type=file["e_type"].removeprefix("ET_").lower(),
            interpreter=next(interpreters, None),
            soname=next((t.soname for t in tags if t.entry.d_tag == "DT_SONAME"), None),
            needed=tuple(t.needed for t in tags if t.entry.d_tag == "DT_NEEDED"),
            rpath=_paths(t.rpath for t in tags if t.entry.d_tag == "DT_RPATH"),
            runpath=_paths(t.runpath for t in tags if t.entry.d_tag == "DT_RUNPATH"),
        )


def _paths(lists: Iterable[str]) -> tuple[str, ...]:
    return tuple(path for each in lists for path in each.split(":"))


def test_libraries_of_this_process_are_read_as_pyelftools_reads_them() -> None:
    libraries = loaded()
    assert any("libc.so" in path.name for path in libraries)
    for path in libraries:
        elf = parse(path.read_bytes())
        assert elf, path
        # It differs between distributions, and pyelftools does not know it.
        assert elf.isa_level in range(4)
        assert replace(elf, isa_level=0) == by_pyelftools(path), path


_FLAGS = 0x5000400  # of a hard-float library for arm


STRINGS = b"\0libc.so.6\0libx.so.1\0$ORIGIN/a:/b\0"
TAGS = [(1, 1), (14, 11), (29, 21), (5, 0x10300), (10, len(STRINGS)), (0, 0)]


def library(bits: int, order: str) -> bytes:
    """A shared library of 0x400 bytes, loaded at 0x10000."""
    dynamic = b"".join(struct.pack(order + {32: "iI", 64: "qQ"}[bits], *tag) for tag in TAGS)
    segments = [(1, 0, 0x10000, 0x400), (2, 0x200, 0x10200, len(dynamic)), (3, 0x380, 0x10380, 8)]
    if bits == 64:
        rows = [(kind, 0, at, to, to, size, size, 8) for kind, at, to, size in segments]
        header, row = (
            struct.pack(order + "HHIQQQIHHHHHH", 3, 21, 1, 0, 64, 0, _FLAGS, 64, 56, 3, 0, 0, 0),
            "IIQQQQQQ",
        )
    else:
        rows = [(kind, at, to, to, size, size, 0, 8) for kind, at, to, size in segments]
        header, row = (
            struct.pack(order + "HHIIIIIHHHHHH", 3, 8, 1, 0, 52, 0, _FLAGS, 52, 32, 3, 0, 0, 0),
            "IIIIIIII",
        )
    ident = bytes((bits // 32, 1 if order == "<" else 2, 1)).ljust(12, b"\0")
    table = b"".join(struct.pack(order + row, *each) for each in rows)
    data = (MAGIC + ident + header + table).ljust(0x200, b"\0") + dynamic
    data = data.ljust(0x300, b"\0") + STRINGS
    return (data.ljust(0x380, b"\0") + b"/lib/ld\0").ljust(0x400, b"\0")


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize(("order", "name"), [("<", "little"), (">", "big")])
def test_both_classes_in_both_byte_orders(bits: int, order: str, name: ByteOrder) -> None:
    assert parse(library(bits, order)) == ElfInfo(
        machine=ElfMachine(bits, name, 21 if bits == 64 else 8),
        flags=_FLAGS,
        type="dyn",
        interpreter="/lib/ld",
        soname="libx.so.1",
        needed=("libc.so.6",),
        runpath=("$ORIGIN/a", "/b"),
    )


def with_property(bits: int, *properties: tuple[int, int]) -> bytes:
    """A file for x86 with only a note, of properties of 4 bytes."""
    word = bits // 8
    array = b"".join(
        struct.pack("<III", kind, 4, value).ljust(-(-12 // word) * word, b"\0")
        for kind, value in properties
    )
    # Another note before it, whose end is not aligned.
    notes = struct.pack("<III", 4, 3, 1) + b"GNU\0" + b"abc".ljust(word, b"\0")
    notes += struct.pack("<III", 4, len(array), 5) + b"GNU\0" + array
    kind, at, size = 0x6474E553, 0x100, len(notes)
    if bits == 64:
        header = struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
        row = struct.pack("<IIQQQQQQ", kind, 0, at, 0, 0, size, size, 8)
    else:
        header = struct.pack("<HHIIIIIHHHHHH", 3, 3, 1, 0, 52, 0, 0, 52, 32, 1, 0, 0, 0)
        row = struct.pack("<IIIIIIII", kind, at, 0, 0, size, size, 0, 4)
    ident = bytes((bits // 32, 1, 1)).ljust(12, b"\0")
    return (MAGIC + ident + header + row).ljust(at, b"\0") + notes


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize(("needed", "level"), [(0, 0), (1, 0), (0b11, 1), (0b100, 2), (0b1111, 3)])
def test_needed_level_of_x86_64(bits: int, needed: int, level: int) -> None:
    elf = parse(with_property(bits, (0xC0000002, 3), (0xC0008002, needed)))
    assert elf
    assert elf.isa_level == level


@pytest.mark.parametrize("bits", [32, 64])
def test_damaged_properties_are_ignored(bits: int) -> None:
    dice = random.Random(0)
    whole = with_property(bits, (0xC0000002, 3), (0xC0008002, 4))
    for _ in range(2000):
        data = bytearray(whole)
        data[dice.randrange(0x100, len(data))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
        elf = parse(bytes(data))
        assert elf
        assert elf.isa_level in range(32)
    cut = parse(whole[:-12])
    assert cut
    assert cut.isa_level == 0


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
def test_malformed_files_are_not_elf(bits: int) -> None:
    results = [parse(data) for data in damaged(library(bits, "<"))]
    assert results[0] is None
    assert results.count(None) > 100


def test_unterminated_string() -> None:
    data = library(64, "<").rstrip(b"\0") + b"x" * 10_000
    assert parse(data) is None


def test_parse_elf_file() -> None:
    for data in (library(64, "<"), library(64, "<")[:100], b"text", b""):
        assert parse_elf_file(io.BytesIO(data), "lib/x") == parse(data)


def test_offset_beyond_the_end() -> None:
    data = bytearray(library(64, "<"))
    data[32:40] = b"\xff" * 8
    assert parse_elf_file(io.BytesIO(bytes(data)), "lib/x") is None


def with_dynamic(tags: list[tuple[int, int]], strings: bytes) -> bytes:
    """A 64-bit library with a dynamic section of these tags, and a string table at its end."""
    start = 0x200 + 16 * (len(tags) + 2)
    size = start + len(strings)
    whole = [*tags, (5, start), (0, 0)]
    rows = [(1, 0, 0, 0, 0, size, size, 8), (2, 0, 0x200, 0, 0, 16 * len(whole), 0, 8)]
    header = struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, len(rows), 0, 0, 0)
    ident = bytes((2, 1, 1)).ljust(12, b"\0")
    table = b"".join(struct.pack("<IIQQQQQQ", *row) for row in rows)
    dynamic = b"".join(struct.pack("<qQ", *tag) for tag in whole)
    return (MAGIC + ident + header + table).ljust(0x200, b"\0") + dynamic + strings


NEEDED, RPATH, RUNPATH = 1, 15, 29


def test_many_libraries_and_search_paths() -> None:
    paths = b":".join(b"/%d" % number for number in range(256))
    elf = parse(with_dynamic([*[(NEEDED, 0)] * 1000, (RUNPATH, 2)], b"x\0" + paths + b"\0"))
    assert elf
    assert (len(elf.needed), len(elf.runpath)) == (1000, 256)


@pytest.mark.parametrize(
    ("tags", "strings", "message"),
    [
        # 4 GB if all of it were kept.
        ([(RUNPATH, 0)] * 65_000, b":" * 4090, "needs more than 1024 libraries"),
        ([(NEEDED, 0)] * 1025, b"x", "needs more than 1024 libraries"),
        ([(RUNPATH, 0)] * 1000, b":" * 4090, "more than 256 search paths"),
        ([(RPATH, 0)], b":" * 256, "more than 256 search paths"),
    ],
)
def test_absurd_numbers_of_libraries_are_refused(
    tags: list[tuple[int, int]], strings: bytes, message: str
) -> None:
    with pytest.raises(ToolError, match=f"^lib/x: ELF file .*{message}"):
        parse(with_dynamic(tags, strings + b"\0"))
