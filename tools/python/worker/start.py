"""Starts a python_tool: for one action, or as a persistent worker of Bazel for many.

    start.py @FILE                  runs one tool
    start.py --persistent_worker    runs the tools that requests on standard input ask for

FILE has the arguments of the tool, one a line, and in its last line the path of the tool's
description. The arguments of a request are the lines of such a file. For the worker strategy, Bazel
keeps the file and adds the flag. This module imports nothing that a single run does not need.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Tool:
    """A tool as its description says: a file of lines.

    The first line is the module that has `main`, the second the tool's name. The others are import
    paths, relative to the directory that the action runs in.

    Args:
        path: of the description.
    """

    def __init__(self, path: str) -> None:
        self._module, self._name, *self.imports = _read_lines(path)

    def load(self) -> None:
        """Imports the tool's modules from `sys.path`."""
        __import__("tools.lib.cli.errors")
        __import__(self._module)

    def run(self, arguments: Sequence[str]) -> int:
        """Runs the tool, which is loaded; returns its exit status."""
        run = sys.modules["tools.lib.cli.errors"].run
        status: int = run(sys.modules[self._module].main, [self._name, *arguments])
        return status


def run_once(arguments: Sequence[str]) -> int:
    """Runs the tool that the last argument describes; returns its exit status."""
    tool = Tool(arguments[-1])
    sys.path[:0] = tool.imports
    tool.load()
    return tool.run(arguments[:-1])


def _read_lines(path: str) -> list[str]:
    with open(path, encoding="utf-8", errors="surrogateescape") as source:
        return source.read().removesuffix("\n").split("\n")


if __name__ == "__main__":
    if "--persistent_worker" in sys.argv:
        sys.path.insert(0, __file__.removesuffix("tools/python/worker/start.py") or ".")
        from tools.python.worker.worker import serve

        sys.exit(serve())
    sys.exit(run_once(_read_lines(sys.argv[1].removeprefix("@"))))
