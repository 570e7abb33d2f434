"""Compares the listing of an image with the committed one.

    compare tests/golden static_debian12.jsonl

The arguments are the directory of the committed listings, and the listing to compare, which has the
name of the committed one.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run

_MAX_LINES = 40
_HINT = "if the change is intended, run ./knife golden"


def main(argv: Sequence[str]) -> int:
    directory, actual = argv
    golden = os.path.join(directory, os.path.basename(actual))
    found = _read(actual)
    if not found:
        raise ToolError(f"{actual}: the listing is empty")
    if not os.path.exists(golden):
        raise ToolError(f"{golden}: file not found", "run ./knife golden")
    difference = list(difflib.unified_diff(_read(golden), found, golden, "this build", n=0))
    if not difference:
        return 0
    sys.stdout.writelines(difference[:_MAX_LINES])
    if len(difference) > _MAX_LINES:
        print(f"... and {len(difference) - _MAX_LINES} more lines")
    raise ToolError(f"{golden}: differs from this build", _HINT)


def _read(path: str) -> list[str]:
    with open(path, encoding="utf-8") as source:
        return source.readlines()


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
