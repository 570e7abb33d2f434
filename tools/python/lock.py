"""Locks the Python packages of requirements.in, with a hash for each wheel.

    ./knife pip [--upgrade]

What is locked stays as it is unless it is upgraded, or does not fit any more. The index is pip's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_write
from tools.lib.cli.flags import Parser
from tools.lib.updates.pip import REQUIREMENTS, compile_requirements, read_requirements


def main(argv: Sequence[str]) -> int:
    parser = Parser("pip", "Locks the Python packages of tools/python/requirements.in.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    options = parser.parse_args(argv)
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if not workspace:
        raise ToolError("BUILD_WORKSPACE_DIRECTORY is not set", "run ./knife pip")
    os.chdir(workspace)
    wanted, locked = read_requirements()
    content = compile_requirements(wanted, locked, upgrade=options.upgrade)
    with atomic_write(REQUIREMENTS) as out:
        out.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
