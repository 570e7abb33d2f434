from __future__ import annotations

import itertools

import pytest

from tools.ld_so_cache.name_order import compare_names


def compare(one: str, two: str, *, signed: bool = False) -> int:
    order = compare_names(one.encode(), two.encode(), signed=signed)
    return (order > 0) - (order < 0)


def test_order() -> None:
    names = [
        "lib",
        "lib.so",
        "lib.so.2",
        "lib.so.10",
        "libA",
        "lib_",
        "liba",
        "libb",
        "lib2",
        "lié",
    ]
    for one, two in itertools.product(range(len(names)), repeat=2):
        assert compare(names[one], names[two]) == (one > two) - (one < two), names[two]


def test_leading_zeros_do_not_count() -> None:
    assert compare("lib.so.1", "lib.so.01") == 0
    assert compare("lib.so.1.2", "lib.so.01.3") == -1


@pytest.mark.parametrize(("signed", "order"), [(False, 1), (True, -1)])
def test_sign_of_char_decides_the_order_of_other_bytes(signed: bool, order: int) -> None:
    assert compare("libé", "libz", signed=signed) == order


def test_numbers_wrap_around_like_int() -> None:
    assert compare("lib-4294967297", "lib-1") == 0
    assert compare("lib-2147483648", "lib-1") == 1
