"""CRC-64 as ISO 3309 defines it and Go's hash/crc64 computes it, which tar-split stores of files.

A CRC is the remainder of the data, taken as a polynomial over GF(2), divided by the generator
x^64 + x^4 + x^3 + x + 1. So x^64 can be replaced by x^4 + x^3 + x + 1, and since squaring a sum is
squaring its terms, x^(64m) by x^(4m) + x^(3m) + x^m + 1 for each power of two m. That replaces the
first half of the data by a few shifted copies of itself: a handful of operations on large integers,
where a table would take a step for each byte.
"""

from __future__ import annotations

_MASK = (1 << 64) - 1
_SMALL = 124  # bits that are divided bit by bit
_GENERATOR = 0xD8 << 56  # without x^64; the lowest power is the highest bit


def crc64(data: bytes | bytearray | memoryview, crc: int = 0) -> int:
    """The checksum of data that follows data with the checksum `crc`."""
    # The first bit of the data, the lowest of its first byte, has the highest power: bit p of the
    # integer has power bits - 1 - p. A shift to the right multiplies, one to the left divides.
    value = int.from_bytes(data, "little") ^ (crc ^ _MASK)
    bits = 8 * len(data) + 64  # the remainder is that of the data followed by 64 zeros
    while bits >= _SMALL:
        m = 1 << ((bits // _SMALL).bit_length() - 1)
        first = value & ((1 << 60 * m) - 1)
        value = (value >> 60 * m) ^ first ^ (first << m) ^ (first << 3 * m) ^ (first << 4 * m)
        bits -= 60 * m
    for _ in range(bits - 64):
        value = (value >> 1) ^ (_GENERATOR if value & 1 else 0)
    return value ^ _MASK
