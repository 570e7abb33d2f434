from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from tools.ld_so_cache.cache import CacheEntry, CacheTarget, encode
from tools.ld_so_cache.testing import cache_lines, generator, with_generator
from tools.lib.debian.architectures import ByteOrder

LITTLE = CacheTarget("little", True)
LIBRARIES = [
    CacheEntry(b"liba.so.1", b"/lib/liba.so.1", 0x303),
    CacheEntry(b"libb.so.2", b"/usr/lib/libb.so.2", 0x303),
    CacheEntry(b"liba.so.1", b"/usr/lib/liba.so.1", 0x303),
]


@pytest.mark.parametrize(("data", "order", "flag"), [("little", "<", 2), ("big", ">", 3)])
def test_header(data: ByteOrder, order: str, flag: int) -> None:
    cache = encode(LIBRARIES, [], CacheTarget(data, True), b"me")
    assert cache[:20] == b"glibc-ld.so.cache1.1"
    count, size = struct.unpack_from(order + "II", cache, 20)
    assert (count, cache[28:32]) == (3, bytes((flag, 0, 0, 0)))
    texts = cache[48 + 24 * count :][:size]
    assert sorted(filter(None, texts.split(b"\0"))) == [
        b"/usr/lib/liba.so.1",
        b"/usr/lib/libb.so.2",
    ]
    (extensions,) = struct.unpack_from(order + "I", cache, 32)
    assert extensions == -(-(48 + 24 * count + size) // 4) * 4
    assert struct.unpack_from(order + "I", cache, extensions)[0] == 0xEAA42174
    assert generator(cache) == b"me"


def test_entries_are_in_reverse_order_and_the_sort_is_stable() -> None:
    assert cache_lines(encode(LIBRARIES, [], LITTLE, b"")) == [
        "libb.so.2 (0x0303) => /usr/lib/libb.so.2",
        "liba.so.1 (0x0303) => /lib/liba.so.1",
        "liba.so.1 (0x0303) => /usr/lib/liba.so.1",
    ]


def test_64_bit_libraries_come_before_32_bit_ones() -> None:
    old = replace(LIBRARIES[0], type=3)
    (first, second) = cache_lines(encode([old, LIBRARIES[2]], [], LITTLE, b""))
    assert "0x0303" in first
    assert "0x0003" in second


def test_libraries_for_newer_processors_come_first() -> None:
    newer = [
        CacheEntry(b"liba.so.1", b"/lib/glibc-hwcaps/%s/liba.so.1" % name, 0x303, name, level)
        for name, level in ((b"v3", 2), (b"v2", 0))
    ]
    cache = encode([*LIBRARIES, *newer], [b"v4"], LITTLE, b"me")
    assert cache_lines(cache)[1:4] == [
        "liba.so.1 (0x0303, v2, level 0) => /lib/glibc-hwcaps/v2/liba.so.1",
        "liba.so.1 (0x0303, v3, level 2) => /lib/glibc-hwcaps/v3/liba.so.1",
        "liba.so.1 (0x0303) => /lib/liba.so.1",
    ]
    assert b"\0v4\0" in cache
    assert generator(cache) == b"me"


def test_empty_cache() -> None:
    cache = encode([], [], LITTLE, b"me")
    assert cache_lines(cache) == []
    assert len(cache) == 48 + 24 + 2


def test_with_generator_changes_only_the_generator() -> None:
    assert with_generator(encode(LIBRARIES, [], LITTLE, b"me"), b"another") == encode(
        LIBRARIES, [], LITTLE, b"another"
    )
