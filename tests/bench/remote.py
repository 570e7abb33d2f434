"""What a user with remote execution waits for: static's index of five, when the cache has it.

./bazelw run //tests/bench:remote [-- --runs N]

In a copy of the workspace, with packages fetched and the server warm, with the service of
tests/remote on loopback. Prints medians, their ratio to a build with nothing to do, and how many
actions were in the cache.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.remote.engine import INTERPRETER_QUERY, engine, missing_program
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser

_INDEX = "//static:static_debian12"
_GOAL = 4.0
"""Ratio of a build from the cache to one with nothing to do."""
_MODES = ("toplevel", "minimal")


def _bazel(*command: str) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(["./bazelw", *command], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ToolError(f"bazel {' '.join(command)}: {result.stderr.strip()}")
    return result


def _seconds(runs: int, flags: Sequence[str], *, clean: bool) -> tuple[float, int]:
    """The median of several builds, and how many actions of the last one were in the cache."""
    times, hits = [], 0
    for _ in range(runs):
        if clean:
            _bazel("clean")
        begin = time.perf_counter()
        messages = _bazel("build", *flags, _INDEX).stderr
        times.append(time.perf_counter() - begin)
        found = re.search(r"(\d+) remote cache hit", messages)
        hits = int(found[1]) if found else 0
    return median(times), hits


def _print(host: str, runs: int) -> None:
    flags = [f"--remote_executor=grpc://{host}", "--spawn_strategy=remote", "--//rules:workers=no"]
    print(f"{f'remote, medians of {runs}':45} {'s':>6} {'ratio':>6} {'goal':>5} {'hits':>5}")
    for mode in _MODES:
        build = [*flags, f"--remote_download_outputs={mode}"]
        _bazel("build", *build, _INDEX)
        floor, _ = _seconds(runs, build, clean=False)
        print(f"{f'{mode}: nothing to do (the floor)':45} {floor:6.2f} {1:6.1f}")
        seconds, hits = _seconds(runs, build, clean=True)
        ratio = seconds / floor
        name = f"{mode}: clean, static's index of five"
        print(f"{name:45} {seconds:6.2f} {ratio:6.1f} {_GOAL:5.1f} {hits:5}", flush=True)


def main(argv: Sequence[str]) -> int:
    parser = Parser("remote", "Measures builds that a remote cache has.")
    parser.add_argument("--runs", type=int, default=5, help="how many, by default %(default)s")
    args = parser.parse_args(argv)
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if not workspace:
        raise ToolError("BUILD_WORKSPACE_DIRECTORY is not set", "./bazelw run //tests/bench:remote")
    if program := missing_program():
        raise ToolError(f"{program} not found", "run the bench with ./bazelw, whose root has it")
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        copy = os.path.join(scratch, "workspace")
        ignored = shutil.ignore_patterns("bazel-*", ".git", ".*_cache")
        shutil.copytree(workspace, copy, symlinks=True, ignore=ignored)
        os.mkdir(os.path.join(scratch, "engine"))
        os.chdir(copy)
        print(f"load: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        try:
            interpreter = _bazel(*INTERPRETER_QUERY).stdout.strip()
            with engine(Path(scratch, "engine"), interpreter) as host:
                _print(host, args.runs)
        finally:
            _bazel("clean", "--expunge")
            os.chdir("/")
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
