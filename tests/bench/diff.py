"""Measures `./knife diff` on layouts of java21: what it reads, and how long it takes.

./bazelw run //tests/bench:diff

Prints the seconds of the comparison alone, in a fresh Python, and of the whole command with a warm
server; and the seconds that its processes (not Bazel's server) used processors, which say more on a
busy machine. Of several runs the fastest counts.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run

_RUNS = 5
_GOAL = 2.0
_OLD = "//java:java21_amd64_debian13"
_PAIRS = {
    "no layer differs": "//java:java21_nonroot_amd64_debian13",
    "layers below and above the JRE differ": "//java:java21_debug_amd64_debian13",
    "all layers differ": "//java:java21_arm64_debian13",
}


def _row(name: str, *command: str) -> str:
    """The fastest run of a command that finds differences: its seconds, and those of processors."""
    times = []
    for _ in range(_RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - begin
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        times.append((seconds, used))
        if done.returncode != 1 or not done.stdout.startswith("--- "):
            raise ToolError(f"{' '.join(command)}: {done.stderr.strip() or 'no difference'}")
    seconds = min(each for each, _ in times)
    used = min(each for _, each in times)
    return f"{name:50} {seconds:6.2f} {used:6.2f} {_GOAL:5.1f}"


def _layout(label: str) -> str:
    return os.path.abspath(f"bazel-bin/{label.removeprefix('//').replace(':', '/')}")


def main(argv: Sequence[str]) -> int:
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if argv or not workspace:
        raise ToolError("no arguments, and by Bazel", "./bazelw run //tests/bench:diff")
    os.chdir(workspace)
    targets = [_OLD, *_PAIRS.values(), "//tools/diff"]
    build = ["./bazelw", "build", "--build_runfile_links", *targets]
    if subprocess.run(build, check=False).returncode != 0:
        raise ToolError("bazel build failed")
    print(f"{'knife diff of java21, Debian 13':50} {'s':>6} {'cpu s':>6} {'goal':>5}")
    program = os.path.abspath("bazel-bin/tools/diff/diff")
    for name, label in _PAIRS.items():
        print(_row(f"{name}, layouts", program, _layout(_OLD), _layout(label)))
    other = _PAIRS["all layers differ"]
    knife = ("./knife", "diff")
    print(_row("all layers differ, layouts, ./knife", *knife, _layout(_OLD), _layout(other)))
    print(_row("all layers differ, labels, ./knife", *knife, _OLD, other))
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
