"""A tool with the faults that the fuzzer has to notice, one for each argument."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tools.lib.cli.errors import ToolError


def main(argv: Sequence[str]) -> int:
    (fault,) = argv
    if fault == "none":
        return 0
    if fault == "crash":
        raise ValueError("a bug")
    if fault == "memory":
        return len(bytearray(1 << 30))
    if fault == "time":
        while True:
            pass
    if fault == "lines":
        print("error: one\nerror: two", file=sys.stderr)
    elif fault == "terminal":
        print("error: \x1b[31m", file=sys.stderr)
    elif fault == "output":
        Path("out").write_text("half")
        raise ToolError("a fault")
    elif fault == "refused":
        raise ToolError("a fault")
    return 1
