"""Locks the Python packages of requirements.in, with a hash for each wheel.

    ./knife pip [--upgrade]

What is locked stays as it is unless it is upgraded, or does not fit any more. The index is pip's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import uv

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser

_OLDEST_PYTHON = "3.11"
_FOLDER = "tools/python"


def _index() -> list[str]:
    """pip's setting as a flag; uv has settings of its own."""
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    index = os.environ.get("PIP_INDEX_URL") or asked.stdout.strip()
    return ["--index-url", index] if index else []


def main(argv: Sequence[str]) -> int:
    parser = Parser("pip", "Locks the Python packages of tools/python/requirements.in.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    options = parser.parse_args(argv)
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if not workspace:
        raise ToolError("BUILD_WORKSPACE_DIRECTORY is not set", "run ./knife pip")
    command = [
        *(uv.find_uv_bin(), "pip", "compile", "--quiet", "--python-platform", "linux"),
        *(
            "--generate-hashes",
            "--python-version",
            _OLDEST_PYTHON,
            "--custom-compile-command",
            "./knife pip",
        ),
        *("--no-emit-index-url", "--output-file", "requirements.txt", *_index()),
        *(["--upgrade"] if options.upgrade else []),
        "requirements.in",
    ]
    return subprocess.run(command, cwd=os.path.join(workspace, _FOLDER), check=False).returncode


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
