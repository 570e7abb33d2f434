"""Compares a committed listing with the one that the build made."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence

from tools.lib.cli.errors import run

_MOST = 40


def main(argv: Sequence[str]) -> int:
    golden, actual = argv
    with open(golden, encoding="utf-8") as source:
        expected = source.readlines()
    with open(actual, encoding="utf-8") as source:
        found = source.readlines()
    if not found:
        print(f"{actual}: the layer is empty")
        return 1
    difference = list(difflib.unified_diff(expected, found, golden, "the build's", n=0))
    if not difference:
        return 0
    sys.stdout.writelines(difference[:_MOST])
    if len(difference) > _MOST:
        print(f"... and {len(difference) - _MOST} lines more")
    print("If the change is meant: ./knife golden")
    return 1


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
