"""The order of names in ld.so.cache, which ld.so searches by bisection.

Source: glibc's elf/dl-cache.c (_dl_cache_libcmp) and elf/cache.c (compare).
"""

from __future__ import annotations

_DIGITS = range(ord("0"), ord("9") + 1)


def compare_names(one: bytes, two: bytes, *, signed: bool) -> int:
    """Compares two file names, in which a run of digits counts as a number.

    Args:
        one: a name, without NUL.
        two: another.
        signed: whether C's char is signed on the machine whose ld.so reads the cache.

    Returns:
        A negative number if `one` comes first, 0 if the order cannot tell them apart, else a
        positive number.
    """
    one += b"\0"
    two += b"\0"
    i = j = 0
    while one[i]:
        if one[i] in _DIGITS:
            if two[j] not in _DIGITS:
                return 1
            i, left = _number(one, i)
            j, right = _number(two, j)
            if left != right:
                return _int32(left - right)
        elif two[j] in _DIGITS:
            return -1
        elif one[i] != two[j]:
            break
        else:
            i += 1
            j += 1
    return _char(one[i], signed) - _char(two[j], signed)


def _number(text: bytes, at: int) -> tuple[int, int]:
    """The end of the digits at an offset, and their value."""
    value = 0
    while text[at] in _DIGITS:
        value = _int32(value * 10 + text[at] - ord("0"))
        at += 1
    return at, value


def _int32(value: int) -> int:
    """Wraps around as C's int does: a date and time in a name is too large for it."""
    return (value + 2**31) % 2**32 - 2**31


def _char(value: int, signed: bool) -> int:
    return value - 256 if signed and value > 127 else value
