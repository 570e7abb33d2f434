"""The format of /etc/ld.so.cache, "glibc-ld.so.cache1.1", as ldconfig(8) of glibc 2.33 and later
writes it.

Source: glibc's sysdeps/generic/dl-cache.h (the format), elf/cache.c (save_cache, write_extensions),
elf/stringtable.c (the order of the strings, and that one may be the tail of another).
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.ld_so_cache.name_order import compare_names
from tools.lib.debian.architectures import ByteOrder

_MAGIC = b"glibc-ld.so.cache1.1"
_EXTENSION_MAGIC = -358342284 % 2**32
_GENERATOR, _GLIBC_HWCAPS = 0, 1
# Marks an entry's hwcap as the index of a directory's name, with the level of x86-64 above it.
_HWCAP_EXTENSION = 1 << 62
_BYTE_ORDERS = {"little": ("<", 2), "big": (">", 3)}

_HEADER = "20sIIB3xI12x"
_ENTRY = "iIIIQ"
_EXTENSION = "II"
_SECTION = "IIII"


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A library in the cache.

    `name` is what programs ask for and `path` where the library is. `type` says what it is for. A
    library in a glibc-hwcaps directory has the name of that in `hwcaps`, and in `isa_level` the
    level of x86-64 that the library itself needs.
    """

    name: bytes
    path: bytes
    type: int
    hwcaps: bytes | None = None
    isa_level: int = 0


@dataclass(frozen=True, slots=True)
class CacheTarget:
    """The machine that reads a cache: its byte order, and whether C's char is signed."""

    byte_order: ByteOrder
    signed_char: bool


def encode(
    entries: Iterable[CacheEntry], strings: Iterable[bytes], target: CacheTarget, generator: bytes
) -> bytes:
    """The bytes of a cache.

    Args:
        entries: the libraries; of those that ld.so cannot tell apart, the first wins.
        strings: what the string table has besides the entries' strings.
        target: the machine that will read the cache.
        generator: text that says who made the cache.
    """
    prefix, byte_order = _BYTE_ORDERS[target.byte_order]
    entries = sorted(entries, key=_key(target.signed_char))
    hwcaps = sorted({each.hwcaps for each in entries if each.hwcaps is not None})
    table, offsets = _string_table({*strings, *hwcaps, *_names(entries)})
    start = struct.calcsize(prefix + _HEADER) + struct.calcsize(prefix + _ENTRY) * len(entries)
    end = start + len(table)
    padding = -end % 4
    header = struct.pack(
        prefix + _HEADER, _MAGIC, len(entries), len(table), byte_order, end + padding
    )
    rows = (
        struct.pack(
            prefix + _ENTRY,
            each.type,
            start + offsets[each.name],
            start + offsets[each.path],
            0,
            _hwcap(each, hwcaps),
        )
        for each in entries
    )
    hwcap_offsets = (start + offsets[each] for each in hwcaps)
    hwcap_table = struct.pack(f"{prefix}{len(hwcaps)}I", *hwcap_offsets)
    extensions = _extensions(prefix, end + padding, hwcap_table, generator)
    return b"".join((header, *rows, table, bytes(padding), extensions))


def _names(entries: Iterable[CacheEntry]) -> Iterable[bytes]:
    return (string for each in entries for string in (each.name, each.path))


def _key(signed: bool) -> Callable[[CacheEntry], Any]:
    def compare(one: CacheEntry, two: CacheEntry) -> int:
        if order := compare_names(two.name, one.name, signed=signed):
            return order
        if one.type != two.type:
            return two.type - one.type
        # ld.so stops at the first entry that is for every processor.
        left, right = ((each.hwcaps is None, each.hwcaps or b"") for each in (one, two))
        return (left > right) - (left < right)

    return functools.cmp_to_key(compare)


def _hwcap(entry: CacheEntry, hwcaps: Sequence[bytes]) -> int:
    if entry.hwcaps is None:
        return 0
    return _HWCAP_EXTENSION | entry.isa_level << 32 | hwcaps.index(entry.hwcaps)


def _string_table(strings: Iterable[bytes]) -> tuple[bytes, Mapping[bytes, int]]:
    """The strings, each with a NUL after it, and the offset of each."""
    table = bytearray()
    offsets: dict[bytes, int] = {}
    # Sorted by their ends, the longer first: the tail of a string comes right after it.
    for string in sorted(strings, key=lambda string: string[::-1], reverse=True):
        if not (offsets and table.endswith(string + b"\0")):
            table += string + b"\0"
        offsets[string] = len(table) - 1 - len(string)
    return bytes(table), offsets


def _extensions(prefix: str, at: int, hwcaps: bytes, generator: bytes) -> bytes:
    """What follows the strings, at an offset: a directory of sections, and the sections."""
    count = 2 if hwcaps else 1
    data = at + struct.calcsize(prefix + _EXTENSION) + count * struct.calcsize(prefix + _SECTION)
    sections = [(_GENERATOR, 0, data + len(hwcaps), len(generator))]
    if hwcaps:
        sections.append((_GLIBC_HWCAPS, 0, data, len(hwcaps)))
    return b"".join(
        (
            struct.pack(prefix + _EXTENSION, _EXTENSION_MAGIC, count),
            *(struct.pack(prefix + _SECTION, *section) for section in sections),
            hwcaps,
            generator,
        )
    )
