"""Generates tar archives at the edges of the format.

Most fields are as a writer would make them, a few are encoded otherwise, and extended headers come
in all combinations. The same seed gives the same archive.
"""

from __future__ import annotations

import random

from tests.hostile.dice import is_unusual, pick
from tools.lib.archive.tar_header import has_checksum
from tools.lib.archive.testing import (
    BLOCK,
    END,
    GNU,
    USTAR,
    header,
    long_text,
    padded,
    pax,
    sparse_1_0,
    with_checksum,
)

_NAMES = [b"a", b"./b", b"/c", b"d/e", b"./d//./f", b"g.h", b"\xc3\xa9", b"\xff\xfe", b"i" * 100]
_DIRECTORIES = [b"d/", b"./", b"d", b"./k/", b"k/l/", b"m/."]
_UNUSUAL_NAMES = [
    b"",
    b".",
    b"/",
    b"n/",
    b"o/.",
    b"../p",
    b"q/../r",
    b"s\0t",
    b"u" * 255,
    b"v" * 256,
]
_LINKS = [b"a", b"/c", b"../x", b"./b", b"d/e", b"y" * 100]
_UNUSUAL_LINKS = [b"", b"/", b"d/", b".", b"z\0a", b"w" * 4095, b"w" * 4096]
_MAGICS = [USTAR, USTAR, USTAR, GNU, GNU, bytes(8)]
_UNUSUAL_MAGICS = [
    b"ustar\0  ",
    b"ustar\0\0\0",
    b"ustar   ",
    b"ustar\x0001",
    b"USTAR\x0000",
    b"ustar000",
]
_TYPES = [b"0", b"0", b"0", b"0", b"\0", b"1", b"2", b"5", b"5", b"6"]
_UNUSUAL_TYPES = [b"7", b"S", b"D", b"M", b"N", b"V", b"X", b"A", b"3", b"Z", b" "]
_SIZES = [0, 1, 5, 511, 512, 513, 1500]


def generate(seed: int) -> bytes:
    """Returns an archive of one to four entries."""
    dice = random.Random(seed)
    pieces = [_entry(dice, number) for number in range(dice.randint(1, 4))]
    end = END if dice.random() > 0.05 else dice.choice([b"", bytes(BLOCK), bytes(20 * BLOCK)])
    return b"".join(pieces) + end


def mutate(seed: int) -> bytes:
    """Returns an archive of which one byte is not as a writer would make it, checksum corrected."""
    dice = random.Random(seed)
    magic = dice.choice([USTAR, GNU, bytes(8)])
    typeflag = dice.choice([b"0", b"\0", b"1", b"2", b"5"])
    block = header(
        name=b"a/b",
        typeflag=typeflag,
        link=b"x" if typeflag in b"12" else b"",
        size=5 if typeflag in b"0\0" else 0,
        uid=1000,
        magic=magic,
    )
    data = padded(b"hello") if typeflag in b"0\0" else b""
    records = [(b"path", b"p/q"), (b"uid", b"7"), (b"mtime", b"5.5"), (b"SCHILY.xattr.a", b"v")]
    bases = [
        block + data,
        pax(records) + block + data,
        long_text(b"L", b"l" * 110) + block + data,
        sparse_1_0(b"s", [(512, 512), (2048, 5)], 2053),
    ]
    base = dice.choice(bases)
    at = dice.choice([dice.randrange(BLOCK), dice.randrange(len(base))])
    changed = base[:at] + bytes([dice.choice(b"\0 /0789A.-+_=\n\x80\x90\xff")]) + base[at + 1 :]
    start = at // BLOCK * BLOCK
    is_header = has_checksum(base[start : start + BLOCK])
    if is_header and not start + 148 <= at < start + 156:
        middle = with_checksum(changed[start : start + BLOCK])
        changed = changed[:start] + middle + changed[start + BLOCK :]
    return changed + header(name=b"z", size=1) + padded(b"z") + END


def _entry(dice: random.Random, number: int) -> bytes:
    if dice.random() < 0.05:
        return _sparse(dice, number)
    typeflag = pick(dice, _TYPES, _UNUSUAL_TYPES)
    name = _name(dice, typeflag, number)
    size = dice.choice(_SIZES) if typeflag in b"0\0" else 0
    if is_unusual(dice):
        size = dice.choice(_SIZES)
    extended, stored = _extended(dice, typeflag, number, size)
    magic = pick(dice, _MAGICS, _UNUSUAL_MAGICS)
    fields: dict[str, bytes | int] = {
        "name": name[:100],
        "mode": _number(dice, dice.choice([0o644, 0o755, 0o4755, 0o1777, 0]), 8),
        "uid": _number(dice, dice.choice([0, 1000, 65534]), 8),
        "gid": _number(dice, dice.choice([0, 5]), 8),
        "size": _number(dice, stored, 12),
        "mtime": _number(dice, dice.choice([0, 1_700_000_000]), 12),
        "typeflag": typeflag,
        "link": pick(dice, _LINKS, _UNUSUAL_LINKS)[:100] if typeflag in b"12" else b"",
        "magic": magic,
    }
    if is_unusual(dice):
        fields["mode"] = dice.choice([0o100644, 0o40755, 0o120777, 0o1100644, 0o200000])
    if dice.random() < 0.1 and (magic == USTAR or is_unusual(dice)):
        fields["prefix"] = dice.choice([b"p", b"./p/q", b"p" * 155, b"p" * 131, b"\0p", b"p/"])
    if is_unusual(dice):
        fields["prefix"] = dice.choice([b"14000000000\0" * 2, bytes(131) + b"14000000000 " * 2])
    if is_unusual(dice):
        fields["trailer"] = dice.choice([bytes(8) + b"tar\0", b"x" * 12])
    if typeflag in b"34" or is_unusual(dice):
        fields["major"] = _number(dice, dice.choice([0, 1, 4095]), 8)
        fields["minor"] = _number(dice, dice.choice([0, 3, 255]), 8)
    block = header(**fields)
    if is_unusual(dice):
        at = dice.randrange(BLOCK)
        block = with_checksum(block[:at] + bytes([dice.randrange(256)]) + block[at + 1 :])
    return extended + block + padded(dice.randbytes(size))


def _name(dice: random.Random, typeflag: bytes, number: int) -> bytes:
    name = pick(dice, _DIRECTORIES if typeflag == b"5" else _NAMES, _UNUSUAL_NAMES)
    if typeflag != b"5" and name and not is_unusual(dice):
        return name[:98] + b"%d" % number  # a path of its own
    return name


def _extended(dice: random.Random, typeflag: bytes, number: int, size: int) -> tuple[bytes, int]:
    """Headers before an entry's own, and the size that the entry's own header has."""
    kinds = dice.choice(["", "", "", "x", "x", "L", "K", "LK"])
    if is_unusual(dice):
        kinds = "".join(dice.choice("xgLK") for _ in range(dice.randint(1, 3)))
    pieces: list[bytes] = []
    stored = size
    for kind in kinds:
        if kind == "x":
            records, stored = _records(dice, number, size)
            pieces.append(pax(records))
        elif kind == "g":
            keyword = dice.choice([b"comment", b"comment", b"mtime", b"path", b"uid"])
            pieces.append(pax([(keyword, b"5")], b"g"))
        elif kind == "L":
            name = dice.choice([b"l/%d", b"l" * 120 + b"%d", b"l" * 90 + b"/" + b"m" * 90 + b"%d"])
            pieces.append(_long(dice, b"L", name % number + b"/" * (typeflag == b"5")))
        else:
            pieces.append(_long(dice, b"K", dice.choice([b"t" * 150, b"../" * 60 + b"u"])))
    return b"".join(pieces), stored


def _long(dice: random.Random, kind: bytes, text: bytes) -> bytes:
    if is_unusual(dice):
        text = dice.choice([b"", b"/" * 5, text + b"\0x", text + b"\0\0", b"n" * 5000, text + b"/"])
    return long_text(kind, text)


def _records(dice: random.Random, number: int, size: int) -> tuple[list[tuple[bytes, bytes]], int]:
    stored = size
    records: list[tuple[bytes, bytes]] = []
    usual: list[tuple[bytes, list[bytes], list[bytes]]] = [
        (b"path", [b"x/%d" % number, b"x" * 150 + b"%d" % number], [b"", b"x\0y", b"x/", b"../x"]),
        (b"linkpath", [b"t" * 150, b"./b"], [b"", b"\0", b"t/", b"w" * 4096]),
        (b"uid", [b"1000", b"3000000", b"4294967294"], [b"-1", b"1e3", b"4294967295", b"", b"01"]),
        (b"gid", [b"1000"], [b" 1", b"1_0", b"9" * 30]),
        (b"mtime", [b"5", b"1700000000.5", b"-5.25"], [b"inf", b"1e5", b"", b"5.", b".5", b"nan"]),
        (b"atime", [b"5.123456789"], [b"x", b"-", b"5.x"]),
        (b"uname", [b"root"], [b"a\0b", b""]),
        (b"comment", [b"x", b""], [b"5 GNU.sparse.map=0,1\n"]),
        (b"SCHILY.xattr.user.a", [b"\0\n=\xff"], [b""]),
        (b"hdrcharset", [b"BINARY", b"ISO-IR 10646 2000 UTF-8"], [b"x"]),
        (b"LIBARCHIVE.creationtime", [b"5"], [b"x"]),
    ]
    for keyword, values, unusual in usual:
        if dice.random() < 0.15:
            records.append((keyword, pick(dice, values, unusual)))
    if dice.random() < 0.2 and size:
        records.append((b"size", pick(dice, [b"%d" % size], [b"0%d" % size, b"-%d" % size, b""])))
        stored = pick(dice, [0, size], [size + 1, 8**11 - 1])
    if is_unusual(dice):
        keyword = dice.choice(
            [
                b"GNU.sparse.map",
                b"GNU.sparse.major",
                b"SCHILY.realsize",
                b"a=b",
                b" path",
                b"GNU.sparse.name",
            ]
        )
        records.append((keyword, dice.choice([b"0,1", b"1", b"q"])))
    if is_unusual(dice) and records:
        records.append(dice.choice(records))
    dice.shuffle(records)
    return records or [(b"comment", b"x")], stored


def _sparse(dice: random.Random, number: int) -> bytes:
    pieces: list[tuple[int, int]] = []
    end = 0
    for _ in range(dice.randint(1, 4)):
        start = end + dice.choice([0, 512, 700, 4096])
        length = dice.choice([512, 1024, 1024, pick(dice, [512], [5, 0, 700])])
        pieces.append((start, length))
        end = start + length
    size = end
    if dice.random() < 0.5:
        size = end + dice.choice([0, 1, 600])
        pieces.append((size, 0))
    if is_unusual(dice):
        size += dice.choice([-1, 1])
    return sparse_1_0(b"s%d" % number, pieces, size)


def _number(dice: random.Random, value: int, length: int) -> bytes:
    """A number in a field of `length` bytes."""
    digits = b"%o" % value
    usual = [
        digits.rjust(length - 1, b"0") + b"\0",
        digits.rjust(length - 2, b" ") + b" \0",
        digits.rjust(length, b"0"),
        digits.rjust(length - 1, b"0") + b" ",
        digits.ljust(length, b"\0"),
        b"\x80" + value.to_bytes(length - 1, "big"),
        bytes(length) if not value else digits.rjust(length - 1, b"0") + b"\0",
    ]
    unusual = [
        b"\0" + digits.rjust(length - 1, b"0"),
        b"\x90" + value.to_bytes(length - 1, "big"),
        b"\xc0" + value.to_bytes(length - 1, "big"),
        b"\xff" * (length - 1) + bytes([value & 0xFF]),
        b"\x80" + b"\x01" + value.to_bytes(length - 2, "big"),
        b" " * length,
        b" " * (length - 1) + b"\0",
        b"-" + digits.rjust(length - 2, b"0") + b"\0",
        b"+" + digits.rjust(length - 2, b"0") + b"\0",
        (digits + b"\0" + b"7").ljust(length, b"\0"),
        (digits + b" 7").ljust(length, b"\0"),
        (b"0o" + digits).ljust(length, b"\0")[:length],
        b"\t" + digits.rjust(length - 2, b"0") + b"\0",
        b"8".rjust(length - 1, b"0") + b"\0",
    ]
    return pick(dice, usual, unusual)[:length]
