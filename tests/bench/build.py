"""What a user waits for: the static image built from scratch, again, and after a change.

./bazelw run //tests/bench:build

In a copy of the workspace, with packages fetched and the server warm. Of several runs the fastest
counts, for what else the machine does only adds. The floor is a build with nothing to do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence

from tools.lib.cli.errors import ToolError, run

_RUNS = 5
_IMAGE = "//static:static_amd64_debian12"
_INDEX = "//static:static_debian12"
# The file whose change is measured, and the line that changes.
_BUILD = "static/BUILD.bazel"
_NSSWITCH = 'nsswitch(name = "nsswitch")'
_CHANGED = (
    'nsswitch(name = "nsswitch", databases = {{"hosts": ["files", "dns"], "x{}": ["files"]}})'
)


def _bazel(*command: str) -> None:
    result = subprocess.run(["./bazelw", *command], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ToolError(f"bazel {' '.join(command)}: {result.stderr.strip()}")


def _fastest(before: Callable[[int], None], target: str) -> float:
    """Seconds of the fastest build of `target`, each after `before` with the run's number."""
    times = []
    for number in range(_RUNS):
        before(number)
        begin = time.perf_counter()
        _bazel("build", target)
        times.append(time.perf_counter() - begin)
    return min(times)


def _clean(_: int) -> None:
    _bazel("clean")


def _nothing(_: int) -> None:
    pass


def _change(number: int) -> None:
    with open(_BUILD, encoding="utf-8") as source:
        lines = source.read().split("\n")
    places = [at for at, line in enumerate(lines) if line.startswith("nsswitch(name = ")]
    if len(places) != 1:
        raise ToolError(f"{_BUILD}: no line {_NSSWITCH}", "the bench has to follow the file")
    lines[places[0]] = _CHANGED.format(number)
    with open(_BUILD, "w", encoding="utf-8") as out:
        out.write("\n".join(lines))


def main(argv: Sequence[str]) -> int:
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if argv or not workspace:
        raise ToolError("no arguments, and by Bazel", "./bazelw run //tests/bench:build")
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        copy = os.path.join(scratch, "workspace")
        ignored = shutil.ignore_patterns("bazel-*", ".git", ".*_cache")
        shutil.copytree(workspace, copy, symlinks=True, ignore=ignored)
        os.chdir(copy)
        try:
            _bazel("build", _INDEX)
            floor = _fastest(_nothing, _IMAGE)
            rows = (
                ("nothing to do (floor)", floor, 0.4),
                ("after a clean, amd64", _fastest(_clean, _IMAGE), 1.5),
                ("after a clean, the index", _fastest(_clean, _INDEX), 4.0),
                ("after a change to nsswitch.conf", _fastest(_change, _IMAGE), 1.0),
            )
        finally:
            _bazel("clean", "--expunge")
            os.chdir("/")
    print(f"{'build of static, Debian 12':35} {'s':>6} {'ratio':>6} {'goal':>5}")
    for name, seconds, goal in rows:
        print(f"{name:35} {seconds:6.2f} {seconds / floor:6.1f} {goal:5.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
