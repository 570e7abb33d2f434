import random

import pytest

from tools.lib.archive.crc64 import crc64


def bit_by_bit(data: bytes) -> int:
    """The checksum as its definition has it."""
    crc = (1 << 64) - 1
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xD8 << 56 if crc & 1 else 0)
    return crc ^ ((1 << 64) - 1)


def test_check_value_of_the_algorithm() -> None:
    assert crc64(b"123456789") == 0xB90956C775A41001


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 15, 16, 124, 1000, 4097, 65537])
def test_every_size(size: int) -> None:
    data = random.Random(size).randbytes(size)
    assert crc64(data) == bit_by_bit(data)


def test_pieces() -> None:
    data = random.Random(0).randbytes(5000)
    crc = 0
    for start in range(0, 5000, 333):
        crc = crc64(data[start : start + 333], crc)
    assert crc == crc64(data)
