"""ELF files for tests, made in memory."""

from __future__ import annotations

import struct

from tools.lib.debian.architectures import ElfMachine

AMD64 = ElfMachine(64, "little", 62)

_PT_LOAD, _PT_DYNAMIC, _PT_GNU_PROPERTY = 1, 2, 0x6474E553
_DT_NULL, _DT_NEEDED, _DT_STRTAB, _DT_SONAME = 0, 1, 5, 14


def shared_library(
    soname: str | None,
    machine: ElfMachine = AMD64,
    *,
    flags: int = 0,
    isa: int = 0,
    kind: int = 3,
    needed: str | None = None,
) -> bytes:
    """A shared library with only what ldconfig(8) reads; it cannot be loaded.

    Args:
        soname: DT_SONAME.
        machine: the machine it is for.
        flags: e_flags.
        isa: bits of the levels of x86-64 that it needs, 0b100 for x86-64-v3.
        kind: e_type, 3 for a shared object.
        needed: DT_NEEDED.
    """
    order = "<" if machine.byte_order == "little" else ">"
    is_64 = machine.bits == 64
    header, segment, word = ("HHIQQQIHHHHHH", "IIQQQQQQ", "Q") if is_64 else (
        "HHIIIIIHHHHHH", "IIIIIIII", "I",
    )  # fmt: skip
    header_size = 16 + struct.calcsize(order + header)
    segment_size = struct.calcsize(order + segment)

    strings = b"\0" + (soname or "").encode("utf-8", "surrogateescape") + b"\0"
    tags = [(_DT_SONAME, 1)] if soname is not None else []
    if needed is not None:
        tags.append((_DT_NEEDED, len(strings)))
        strings += needed.encode() + b"\0"
    tags += [(_DT_STRTAB, 0x200), (_DT_NULL, 0)]
    dynamic = b"".join(struct.pack(order + 2 * word, *tag) for tag in tags)
    align = machine.bits // 8
    array = struct.pack(order + "III", 0xC0008002, 4, isa).ljust(-(-12 // align) * align, b"\0")
    note = struct.pack(order + "III", 4, len(array), 5) + b"GNU\0" + array
    size = 0x300 + len(strings)
    places = [(_PT_LOAD, 0, size), (_PT_DYNAMIC, 0x100, len(dynamic))]
    if isa:
        places.append((_PT_GNU_PROPERTY, 0x180, len(note)))
    rows = [
        (of, 4, at, at, at, length, length, align)
        if is_64
        else (of, at, at, at, length, length, 4, align)
        for of, at, length in places
    ]
    ident = b"\x7fELF" + bytes((machine.bits // 32, 1 if order == "<" else 2, 1))
    start = ident.ljust(16, b"\0") + struct.pack(
        order + header,
        *(kind, machine.number, 1, 0, header_size, 0, flags),
        *(header_size, segment_size, len(rows), 0, 0, 0),
    )
    start += b"".join(struct.pack(order + segment, *row) for row in rows)
    data = start.ljust(0x100, b"\0") + dynamic
    data = data.ljust(0x180, b"\0") + note
    return (data.ljust(0x200, b"\0") + strings).ljust(size, b"\0")
