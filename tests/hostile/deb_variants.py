"""Generates packages at the edges of the format of .deb: its ar archive and its compression."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.hostile.dice import is_unusual, pick
from tools.lib.debian.testing import COMPRESSIONS, CONTROL, file, tar

_SUFFIXES = ["", ".gz", ".xz", ".zst", ".bz2", ".lzma"]


def generate(seed: int) -> bytes:
    """Returns a package. The same seed gives the same."""
    dice = random.Random(seed)
    members = [
        (
            "debian-binary",
            pick(dice, [b"2.0\n"], [b"2.1\n", b"2.0", b"3.0\n", b"2.0\nx\n", b"2 \n"]),
        ),
        _tar(dice, "control", tar(file("./control", CONTROL)), _SUFFIXES[:4]),
        _tar(dice, "data", tar(file("./a", dice.randbytes(dice.randrange(1500)))), _SUFFIXES),
    ]
    if dice.random() < 0.1:
        name = dice.choice(["_x", "_x", "x", "data.tar", "control.tar.xz", "debian-binary"])
        members.insert(dice.randrange(4), (name, b"xyz"))
    if is_unusual(dice):
        dice.shuffle(members)
    archive = pick(dice, [b"!<arch>\n"], [b"!<arch>\r", b"<bigaf>\n"])
    for name, data in members:
        archive += _member(dice, name, data)
    if is_unusual(dice):
        archive += dice.choice([b"\n", b"\0", b"garbage", b"x" * 60])
    if is_unusual(dice):
        archive = archive[: -dice.randrange(1, 30)]
    return archive


def _tar(dice: random.Random, stem: str, archive: bytes, suffixes: list[str]) -> tuple[str, bytes]:
    suffix = pick(dice, suffixes, [*_SUFFIXES, ".Z"])
    compress: Callable[[bytes], bytes] = COMPRESSIONS.get(suffix, bytes)
    data = compress(archive)
    if dice.random() < 0.15:
        half = dice.choice([0, 512, 700, len(archive)])
        data = compress(archive[:half]) + compress(archive[half:])
    if is_unusual(dice):
        data += dice.choice([bytes(4), bytes(5), b"garbage", bytes(512)])
    if is_unusual(dice):
        data = data[: -dice.randrange(1, 10)]
    if is_unusual(dice):
        at = dice.randrange(len(data))
        data = data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :]
    if is_unusual(dice):
        suffix = dice.choice(_SUFFIXES)
    return f"{stem}.tar{suffix}", data


def _member(dice: random.Random, name: str, data: bytes) -> bytes:
    name = pick(
        dice, [name, name + "/"], [name.upper(), f"#1/{len(name)}", " " + name, name + "//"]
    )
    body = name.encode() + data if name.startswith("#1/") else data
    length = len(body)
    size = pick(dice, [str(length)], [f"0{length}", f"+{length}", f" {length}", f"{length}x", "-1"])
    end = pick(dice, ["`\n"], ["\n`", "  "])
    header = f"{name:<16}{1700000000:<12}{0:<6}{0:<6}{'100644':<8}{size:<10}{end}".encode()[:60]
    return header + body + pick(dice, [b"\n"], [b"\0", b"x"]) * (len(body) % 2)
