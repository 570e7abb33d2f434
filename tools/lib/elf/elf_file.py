"""What the loader reads of an ELF file: its machine, its interpreter and the libraries it needs.

Source of the format: System V ABI, generic part, chapters 4 and 5; elf(5); for the level of x86-64
"Linux Extensions to gABI", .note.gnu.property. Only headers, the dynamic section and its texts,
and that note are read.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Literal, NamedTuple

from tools.lib.archive.limits import (
    MAX_ELF_DYNAMIC,
    MAX_ELF_NOTES,
    MAX_ELF_SEGMENTS,
    MAX_NEEDED_LIBRARIES,
    MAX_SEARCH_PATHS,
)
from tools.lib.cli.errors import ToolError
from tools.lib.debian.architectures import ByteOrder, ElfMachine

MAGIC = b"\x7fELF"

ReadAt = Callable[[int, int], bytes]
"""Bytes at an offset, of a length; fewer where the file ends."""

ElfType = Literal["rel", "exec", "dyn", "core"]

_BYTE_ORDERS: dict[int, tuple[ByteOrder, str]] = {1: ("little", "<"), 2: ("big", ">")}
_TYPES: dict[int, ElfType] = {1: "rel", 2: "exec", 3: "dyn", 4: "core"}
# After the 16 bytes of identification, with no alignment: type, machine, version, entry, phoff,
# shoff, flags, ehsize, phentsize, phnum.
_HEADERS = {32: "HHIIIIIHHH", 64: "HHIQQQIHHH"}
_SEGMENTS = {32: "IIIIIIII", 64: "IIQQQQQQ"}
_DYNAMIC = {32: "iI", 64: "qQ"}

_PT_LOAD, _PT_DYNAMIC, _PT_INTERP, _PT_GNU_PROPERTY = 1, 2, 3, 0x6474E553
_DT_NULL, _DT_NEEDED, _DT_STRTAB, _DT_SONAME, _DT_RPATH, _DT_RUNPATH = 0, 1, 5, 14, 15, 29

_X86 = (3, 62)
_NT_GNU_PROPERTY_TYPE_0 = 5
_GNU_PROPERTY_X86_ISA_1_NEEDED = 0xC0008002

_MAX_STRING = 4096  # PATH_MAX
_SHORT_STRING = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class ElfInfo:
    """What an ELF file says of itself.

    `flags` is e_flags. `isa_level` is the level of x86-64 that the file needs: 0 for every
    processor, 3 for x86-64-v4. `rpath` and `runpath` are directories.
    """

    machine: ElfMachine
    type: ElfType
    flags: int = 0
    isa_level: int = 0
    interpreter: str | None = None
    soname: str | None = None
    needed: tuple[str, ...] = ()
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()

    @property
    def is_loadable(self) -> bool:
        """Whether ld.so can load it: object files and kernel modules it cannot."""
        return self.type in ("dyn", "exec")


class _Malformed(Exception):
    pass


def parse_elf(read_at: ReadAt, path: str) -> ElfInfo | None:
    """Reads an ELF file; returns None if it is not a well-formed one.

    Args:
        read_at: reads the file.
        path: names the file in errors.

    Raises:
        ToolError: the file needs more libraries or has more search paths than any real one, so that
            what looks at them would take long.
    """
    try:
        return _parse(read_at)
    except (_Malformed, struct.error):
        return None
    except ToolError as error:
        raise ToolError(f"{path}: {error.message}", error.hint) from None


def parse_elf_file(source: IO[bytes], path: str) -> ElfInfo | None:
    """The same for a seekable file, which is read from its start."""
    source.seek(0)
    if source.read(len(MAGIC)) != MAGIC:
        return None
    size = source.seek(0, os.SEEK_END)

    def read_at(offset: int, length: int) -> bytes:
        source.seek(min(offset, size))
        return source.read(length)

    return parse_elf(read_at, path)


class _Load(NamedTuple):
    """A PT_LOAD segment: its address in memory, its size and offset in the file."""

    address: int
    size: int
    offset: int


class _Dynamic(NamedTuple):
    """The dynamic section: the values of the tags in use, each a tag's values in order."""

    needed: tuple[str, ...] = ()
    soname: str | None = None
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()


def _parse(read_at: ReadAt) -> ElfInfo:
    start = read_at(0, 64)
    bits = {1: 32, 2: 64}.get(start[4] if start[:4] == MAGIC and len(start) > 16 else 0)
    order = _BYTE_ORDERS.get(start[5]) if bits else None
    if bits is None or order is None:
        raise _Malformed
    byte_order, prefix = order
    kind, machine, _, _, phoff, _, flags, _, phentsize, phnum = struct.unpack_from(
        prefix + _HEADERS[bits], start, 16
    )
    if kind not in _TYPES:
        raise _Malformed
    loads: list[_Load] = []
    interpreter = None
    dynamic_section: tuple[int, int] | None = None
    notes = b""
    for segment in _segments(read_at, prefix + _SEGMENTS[bits], phoff, phentsize, phnum):
        if bits == 64:
            segment_type, _, offset, address, _, size, _, _ = segment
        else:
            segment_type, offset, address, _, size, _, _, _ = segment
        if segment_type == _PT_LOAD:
            loads.append(_Load(address, size, offset))
        elif segment_type == _PT_INTERP:
            interpreter = _string(read_at, offset, size)
        elif segment_type == _PT_DYNAMIC:
            dynamic_section = (offset, size)
        elif segment_type == _PT_GNU_PROPERTY and machine in _X86:
            notes = read_at(offset, min(size, MAX_ELF_NOTES))
    dynamic = _Dynamic()
    if dynamic_section:
        dynamic = _parse_dynamic(read_at, prefix + _DYNAMIC[bits], *dynamic_section, loads)
    return ElfInfo(
        machine=ElfMachine(bits, byte_order, machine),
        type=_TYPES[kind],
        flags=flags,
        isa_level=_isa_level(notes, prefix, bits // 8),
        interpreter=interpreter,
        soname=dynamic.soname,
        needed=dynamic.needed,
        rpath=dynamic.rpath,
        runpath=dynamic.runpath,
    )


def _segments(
    read_at: ReadAt, layout: str, offset: int, step: int, count: int
) -> Iterator[tuple[int, ...]]:
    size = struct.calcsize(layout)
    if count and (step < size or count > MAX_ELF_SEGMENTS):
        raise _Malformed
    table = read_at(offset, step * count)
    for index in range(count):
        yield struct.unpack_from(layout, table, step * index)


def _parse_dynamic(
    read_at: ReadAt, layout: str, offset: int, size: int, loads: Sequence[_Load]
) -> _Dynamic:
    """Reads the dynamic section, whose strings are in a table at an address in memory."""
    table = read_at(offset, min(size, MAX_ELF_DYNAMIC))
    step = struct.calcsize(layout)
    references: list[tuple[int, int]] = []
    string_table = None
    for tag, value in struct.iter_unpack(layout, table[: len(table) // step * step]):
        if tag == _DT_NULL:
            break
        if tag == _DT_STRTAB:
            string_table = value
        elif tag in (_DT_NEEDED, _DT_SONAME, _DT_RPATH, _DT_RUNPATH):
            references.append((tag, value))
    if not references:
        return _Dynamic()
    if len(references) > MAX_NEEDED_LIBRARIES:
        raise ToolError(f"ELF file that needs more than {MAX_NEEDED_LIBRARIES} libraries")
    start = _file_offset(string_table, loads)
    strings: dict[int, list[str]] = {}
    for tag, value in references:
        strings.setdefault(tag, []).append(_string(read_at, start + value, _MAX_STRING))
    sonames = strings.get(_DT_SONAME, [None])
    return _Dynamic(
        tuple(strings.get(_DT_NEEDED, ())),
        sonames[-1],
        _directories(strings.get(_DT_RPATH, ())),
        _directories(strings.get(_DT_RUNPATH, ())),
    )


def _directories(lists: Sequence[str]) -> tuple[str, ...]:
    if sum(each.count(":") + 1 for each in lists) > MAX_SEARCH_PATHS:
        raise ToolError(f"ELF file with more than {MAX_SEARCH_PATHS} search paths")
    return tuple(path for each in lists for path in each.split(":"))


def _isa_level(notes: bytes, prefix: str, align: int) -> int:
    """The number of the highest level of x86-64 that a property of GNU says is needed, else 0."""
    at, properties = 0, b""
    while at + 16 <= len(notes) and not properties:
        name_size, size, kind = struct.unpack_from(prefix + "III", notes, at)
        name = notes[at + 12 : at + 12 + name_size]
        if kind == _NT_GNU_PROPERTY_TYPE_0 and name == b"GNU\0":
            properties = notes[at + 16 : at + 16 + size]
        at += _aligned(_aligned(12 + name_size, align) + size, align)
    at = 0
    while at + 12 <= len(properties):
        kind, size, value = struct.unpack_from(prefix + "III", properties, at)
        if kind == _GNU_PROPERTY_X86_ISA_1_NEEDED and size == 4:
            return max(0, int(value).bit_length() - 1)
        at += 8 + _aligned(size, align)
    return 0


def _aligned(size: int, to: int) -> int:
    return -(-size // to) * to


def _file_offset(address: int | None, loads: Iterable[_Load]) -> int:
    for load in loads:
        if address is not None and load.address <= address < load.address + load.size:
            return load.offset + address - load.address
    raise _Malformed


def _string(read_at: ReadAt, offset: int, size: int) -> str:
    for length in (_SHORT_STRING, _MAX_STRING):
        string, end, _ = read_at(offset, min(size, length)).partition(b"\0")
        if end:
            return string.decode("utf-8", "surrogateescape")
    raise _Malformed
