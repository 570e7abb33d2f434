"""Changes to the bytes, tars and documents that tools read."""

from __future__ import annotations

import json
import random
from typing import Any

from tools.lib.archive.tar_header import has_checksum
from tools.lib.archive.testing import BLOCK, with_checksum

Json = Any

_BYTES = b'\0\n /.%"{[-+09\x7f\x80\xff'
_NUMBERS = [b"0", b"-1", b"1", b"4294967295", b"9223372036854775808", b"1e999", b"9" * 5000]
# Offsets and lengths of fields of a tar header: name, mode, uid, gid, size, mtime, link, magic,
# prefix.
_FIELDS = [(0, 100), (100, 8), (108, 8), (116, 8), (124, 12), (136, 12), (157, 100), (257, 8)]
_FIELDS += [(345, 155)]
_NAMES = [b"a", b"usr/a", b"../a", b"/", b"a/", b".", b"usr/bin", b"\xff"]
_VALUES: list[Json] = [
    None,
    True,
    [],
    {},
    "",
    "\0",
    "\ud800",
    "\x1b[31m",
    "../../etc/passwd",
    "a\nb",
    "x" * 5000,
    0,
    -1,
    2**31,
    2**63,
    10**400,
    1.5,
    1e308,
    [[]],
    {"": ""},
]


def mutate_bytes(dice: random.Random, data: bytes) -> bytes:
    """Changes one to four places."""
    changed = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(changed) + 1)
        length = dice.choice([1, 1, 2, 8, 100, 600])
        kind = dice.randrange(6)
        if kind == 0 and changed:
            changed[at % len(changed)] = dice.randrange(256)
        elif kind == 1:
            changed[at : at + length] = b""
        elif kind == 2:
            changed[at:at] = bytes([dice.choice(_BYTES)]) * length
        elif kind == 3:
            changed[at:at] = changed[dice.randrange(len(changed) + 1) :][:length]
        elif kind == 4:
            changed[at : at + length] = dice.randbytes(length)
        else:
            number = dice.choice(_NUMBERS)
            changed[at : at + len(number)] = number
    return bytes(changed)


def mutate_tar(dice: random.Random, data: bytes) -> bytes:
    """Changes headers so that their checksums stay right; at times other bytes too."""
    if dice.random() < 0.2:
        return mutate_bytes(dice, data)
    blocks = [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]
    headers = [at for at, block in enumerate(blocks) if len(block) == BLOCK and has_checksum(block)]
    for _ in range(dice.choice([1, 1, 2])):
        at = dice.choice(headers) if headers else 0
        kind = dice.randrange(5)
        if kind == 0:
            blocks.insert(at, dice.choice(blocks))
        elif kind == 1 and len(blocks) > 1:
            del blocks[at]
        elif kind == 2:
            blocks[at] = _with(blocks[at], 156, bytes([dice.choice(b"0123456xgLKSZ\0")]))
        else:
            start, length = dice.choice(_FIELDS)
            blocks[at] = _with(blocks[at], start, _field(dice, length))
        headers = [each for each in headers if each < len(blocks)]
    return b"".join(blocks)


def _field(dice: random.Random, length: int) -> bytes:
    values = [
        b"%0*o" % (length - 1, dice.choice([0, 1, 5, 511, 512, 8**7])) + b"\0",
        b"\x80" + dice.randbytes(length - 1),
        b"\x80" + bytes(length - 2) + b"\1",
        b"\xff" * length,
        bytes(length),
        dice.choice(_NAMES).ljust(length, b"\0"),
        dice.randbytes(length),
    ]
    return dice.choice(values)[:length]


def _with(block: bytes, at: int, data: bytes) -> bytes:
    changed = block[:at] + data + block[at + len(data) :]
    return with_checksum(changed) if len(changed) == BLOCK else changed


def mutate_json(dice: random.Random, data: bytes) -> bytes:
    """Changes values, keys or the nesting of a document; at times its bytes."""
    if dice.random() < 0.2:
        return mutate_bytes(dice, data)
    document = json.loads(data)
    for _ in range(dice.choice([1, 1, 2])):
        document = _mutate_value(dice, document)
    text = json.dumps(document)
    if dice.random() < 0.1:
        text = text.replace("1.5", dice.choice(["NaN", "Infinity", "1e999", "9" * 5000]))
    if dice.random() < 0.03:
        depth = dice.choice([50, 900, 100_000])
        text = text.replace("[]", "[" * depth + "]" * depth, 1)
    return text.encode("utf-8", "surrogatepass")


def _mutate_value(dice: random.Random, value: Json) -> Json:
    """The value with a change somewhere within."""
    if isinstance(value, dict) and value and dice.random() < 0.9:
        key = dice.choice(list(value))
        kind = dice.randrange(8)
        if kind == 0:
            return {each: value[each] for each in value if each != key}
        if kind == 1:
            return {**value, dice.choice(["", "\0", "x", key + "x", "\ud800"]): value[key]}
        return {**value, key: _mutate_value(dice, value[key])}
    if isinstance(value, list) and value and dice.random() < 0.9:
        at = dice.randrange(len(value))
        kind = dice.randrange(8)
        if kind == 0:
            return value[:at] + value[at + 1 :]
        if kind == 1:
            return [*value, value[at]]
        return [*value[:at], _mutate_value(dice, value[at]), *value[at + 1 :]]
    if isinstance(value, str) and dice.random() < 0.4:
        at = dice.randrange(len(value) + 1)
        return (
            value[:at] + dice.choice(["/", "\0", "..", "é", "\udcff", " ", "%", "*"]) + value[at:]
        )
    return dice.choice(_VALUES)
