"""Writes the listings that the build made over the committed ones.

./knife golden
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_write


def main(argv: Sequence[str]) -> int:
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if not workspace:
        raise ToolError("BUILD_WORKSPACE_DIRECTORY is not set", "run ./knife golden")
    for path in argv:
        name = os.path.basename(path).replace("_actual.jsonl", ".jsonl")
        with open(path, "rb") as source:
            content = source.read()
        with atomic_write(os.path.join(workspace, "tests", "golden", name)) as out:
            out.write(content)
        print(f"{name}: {len(content.splitlines())} entries")
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
