"""The format of /etc/ld.so.cache, "glibc-ld.so.cache1.1", as ldconfig(8) of glibc 2.33 and later
writes it.

Source: glibc's sysdeps/generic/dl-cache.h (the format), elf/cache.c (save_cache, write_extensions),
elf/stringtable.c (the order of the texts, and that one may be the end of another).
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from tools.ld_so_cache.order import compare_names

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


class Library(NamedTuple):
    """An entry of the cache.

    `name` is what programs ask for, `path` where it is, `type` what it is for. `hwcaps` is the name
    of a glibc-hwcaps directory, for processors that have what it says, and then `isa_level` the
    level of x86-64 that the library itself says it needs.
    """

    name: bytes
    path: bytes
    type: int
    hwcaps: bytes | None = None
    isa_level: int = 0


class Target(NamedTuple):
    """The machine that reads a cache: its byte order, and whether C's char is signed there."""

    data: str
    signed_char: bool


def encode(
    libraries: Iterable[Library], texts: Iterable[bytes], target: Target, generator: bytes
) -> bytes:
    """The cache's bytes.

    Args:
        libraries: the entries; of those that ld.so cannot tell apart, the first wins.
        texts: what the table of texts holds besides.
        target: who will read it.
        generator: text that says who made the cache.
    """
    prefix, byte_order = _BYTE_ORDERS[target.data]
    entries = sorted(libraries, key=_key(target.signed_char))
    hwcaps = sorted({each.hwcaps for each in entries if each.hwcaps is not None})
    table, offsets = _table({*texts, *hwcaps, *_names(entries)})
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
    places = struct.pack(f"{prefix}{len(hwcaps)}I", *(start + offsets[each] for each in hwcaps))
    extensions = _extensions(prefix, end + padding, places, generator)
    return b"".join((header, *rows, table, bytes(padding), extensions))


def _names(entries: Iterable[Library]) -> Iterable[bytes]:
    return (text for each in entries for text in (each.name, each.path))


def _key(signed: bool) -> Callable[[Library], Any]:
    def compare(one: Library, two: Library) -> int:
        if order := compare_names(two.name, one.name, signed=signed):
            return order
        if one.type != two.type:
            return two.type - one.type
        # ld.so stops at the first that is for every processor.
        left, right = ((each.hwcaps is None, each.hwcaps or b"") for each in (one, two))
        return (left > right) - (left < right)

    return functools.cmp_to_key(compare)


def _hwcap(library: Library, hwcaps: list[bytes]) -> int:
    if library.hwcaps is None:
        return 0
    return _HWCAP_EXTENSION | library.isa_level << 32 | hwcaps.index(library.hwcaps)


def _table(texts: Iterable[bytes]) -> tuple[bytes, Mapping[bytes, int]]:
    """The texts, each with a NUL after it, and where each is."""
    table = bytearray()
    offsets: dict[bytes, int] = {}
    # Compared from their ends, the longer first: what ends a text comes right after it.
    for text in sorted(texts, key=lambda text: text[::-1], reverse=True):
        if not (offsets and table.endswith(text + b"\0")):
            table += text + b"\0"
        offsets[text] = len(table) - 1 - len(text)
    return bytes(table), offsets


def _extensions(prefix: str, at: int, hwcaps: bytes, generator: bytes) -> bytes:
    """What follows the texts, at an offset: a directory of sections, and the sections."""
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
