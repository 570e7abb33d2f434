"""What the loader reads of an ELF file: its machine, its interpreter and the libraries it needs.

Source of the format: System V ABI, generic part, chapters 4 and 5; elf(5); for the level of x86-64
"Linux Extensions to gABI", .note.gnu.property. Only headers, the dynamic section and its texts,
and that note are read.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from typing import IO, Any

MAGIC = b"\x7fELF"

ReadAt = Callable[[int, int], bytes]
"""Bytes at an offset, of a length; fewer where the file ends."""

_BYTE_ORDERS = {1: ("little", "<"), 2: ("big", ">")}
_TYPES = {1: "rel", 2: "exec", 3: "dyn", 4: "core"}
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

_MAX_TEXT = 4096  # PATH_MAX
_MAX_SEGMENTS = 1024
_MAX_DYNAMIC = 1 << 20
_MAX_NOTES = 1 << 16


class _Malformed(Exception):
    pass


def describe(read_at: ReadAt) -> dict[str, Any] | None:
    """The `elf` of docs/formats.md, None for what is no well-formed ELF file."""
    try:
        return _describe(read_at)
    except (_Malformed, struct.error):
        return None


def describe_file(source: IO[bytes]) -> dict[str, Any] | None:
    """As `describe`, for a seekable file, read from its start."""
    source.seek(0)
    if source.read(len(MAGIC)) != MAGIC:
        return None
    size = source.seek(0, os.SEEK_END)

    def read_at(offset: int, length: int) -> bytes:
        source.seek(min(offset, size))
        return source.read(length)

    return describe(read_at)


def _describe(read_at: ReadAt) -> dict[str, Any]:
    start = read_at(0, 64)
    bits = {1: 32, 2: 64}.get(start[4] if start[:4] == MAGIC and len(start) > 16 else 0)
    order = _BYTE_ORDERS.get(start[5]) if bits else None
    if bits is None or order is None:
        raise _Malformed
    data, prefix = order
    kind, machine, _, _, phoff, _, flags, _, phentsize, phnum = struct.unpack_from(
        prefix + _HEADERS[bits], start, 16
    )
    if kind not in _TYPES:
        raise _Malformed
    loads: list[tuple[int, int, int]] = []
    interpreter = None
    dynamic: tuple[int, int] | None = None
    isa_level = 0
    for segment in _segments(read_at, prefix + _SEGMENTS[bits], phoff, phentsize, phnum):
        if bits == 64:
            of, _, offset, address, _, size, _, _ = segment
        else:
            of, offset, address, _, size, _, _, _ = segment
        if of == _PT_LOAD:
            loads.append((address, size, offset))
        elif of == _PT_INTERP:
            interpreter = _text(read_at, offset, size)
        elif of == _PT_DYNAMIC:
            dynamic = (offset, size)
        elif of == _PT_GNU_PROPERTY and machine in _X86:
            notes = read_at(offset, min(size, _MAX_NOTES))
            isa_level = max(isa_level, _isa_level(notes, prefix, bits // 8))
    result: dict[str, Any] = {
        "class": bits,
        "data": data,
        "machine": machine,
        "flags": flags,
        "isa_level": isa_level,
        "type": _TYPES[kind],
        "interpreter": interpreter,
        "soname": None,
        "needed": [],
        "rpath": [],
        "runpath": [],
    }
    if dynamic:
        _add_dynamic(result, read_at, prefix + _DYNAMIC[bits], dynamic, loads)
    return result


def _segments(
    read_at: ReadAt, layout: str, offset: int, step: int, count: int
) -> Iterator[tuple[int, ...]]:
    size = struct.calcsize(layout)
    if count and (step < size or count > _MAX_SEGMENTS):
        raise _Malformed
    table = read_at(offset, step * count)
    for index in range(count):
        yield struct.unpack_from(layout, table, step * index)


def _add_dynamic(
    result: dict[str, Any],
    read_at: ReadAt,
    layout: str,
    place: tuple[int, int],
    loads: list[tuple[int, int, int]],
) -> None:
    """Adds what the dynamic section says; its texts are in a table at an address in memory."""
    offset, size = place
    table = read_at(offset, min(size, _MAX_DYNAMIC))
    step = struct.calcsize(layout)
    texts: list[tuple[int, int]] = []
    address = None
    for tag, value in struct.iter_unpack(layout, table[: len(table) // step * step]):
        if tag == _DT_NULL:
            break
        if tag == _DT_STRTAB:
            address = value
        elif tag in (_DT_NEEDED, _DT_SONAME, _DT_RPATH, _DT_RUNPATH):
            texts.append((tag, value))
    if not texts:
        return
    start = _file_offset(address, loads)
    for tag, value in texts:
        text = _text(read_at, start + value, _MAX_TEXT)
        if tag == _DT_NEEDED:
            result["needed"].append(text)
        elif tag == _DT_SONAME:
            result["soname"] = text
        else:
            result["rpath" if tag == _DT_RPATH else "runpath"] += text.split(":")


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


def _file_offset(address: int | None, loads: list[tuple[int, int, int]]) -> int:
    for start, size, offset in loads:
        if address is not None and start <= address < start + size:
            return offset + address - start
    raise _Malformed


def _text(read_at: ReadAt, offset: int, size: int) -> str:
    text, end, _ = read_at(offset, min(size, _MAX_TEXT)).partition(b"\0")
    if not end:
        raise _Malformed
    return text.decode("utf-8", "surrogateescape")
