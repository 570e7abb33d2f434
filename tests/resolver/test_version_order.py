"""The order of versions is dpkg's, on generated pairs."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

from tools.lib.debian.names import Version
from tools.lib.debian.relations import compare_versions

_PAIRS = 10_000
_DPKG = "/usr/bin/dpkg"
_PIECES = (
    *"0123456789",
    "00",
    "10",
    *"abzAZ",
    *"~+.",
    "~~",
    "~rc1",
    "+b1",
    "+deb12u1",
    "ubuntu",
    "-",
)


def versions(dice: random.Random) -> Iterator[tuple[Version, Version]]:
    """Pairs of versions that differ in few places, because any others differ at the first."""
    for _ in range(_PAIRS):
        pieces = [dice.choice(_PIECES) for _ in range(dice.randint(0, 8))]
        other = list(pieces)
        for _ in range(dice.randint(0, 3)):
            at = dice.randint(0, len(other))
            other[at : at + dice.randint(0, 2)] = dice.choices(_PIECES, k=dice.randint(0, 2))
        epochs = dice.choice((("", ""), ("", "0:"), ("1:", "1:"), ("0:", "00:"), ("2:", "10:")))
        digit = dice.choice("0129")
        one, two = ("".join((digit, *each)) for each in (pieces, other))
        # dpkg refuses an empty revision.
        one, two = (f"{each}0" if each.endswith("-") else each for each in (one, two))
        yield Version(epochs[0] + one), Version(epochs[1] + two)


def is_true(one: str, operator: str, other: str) -> bool:
    command = [_DPKG, "--compare-versions", one, operator, other]
    # A process for each pair: posix_spawn is the fastest way to start one.
    process = os.posix_spawn(_DPKG, command, {})
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    assert status in (0, 1), command
    return status == 0


def test_ten_thousand_pairs() -> None:
    operators = {-1: "lt", 0: "eq", 1: "gt"}
    counts = dict.fromkeys(operators, 0)
    wrong = []
    for one, other in versions(random.Random(8)):
        order = compare_versions(one, other)
        counts[order] += 1
        if not is_true(one, operators[order], other):
            wrong.append((one, other, order))
    assert wrong == []
    # Each answer is tested often.
    assert min(counts.values()) > _PAIRS // 20, counts
