"""What a user waits for: images built from nothing, again, and after a change of one file.

./bazelw run //tests/bench:build [-- FLAGS]

In a copy of the workspace, with packages fetched and the server warm, in rounds that build each row
once. Prints medians, their ratio to a build with nothing to do, the number of processes and of
requests to workers, and the load of the machine. docs/performance.md explains the rows.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser

_INDEX = "//static:static_debian12"
_STATIC = "//static:static_amd64_debian12"
_CC = "//cc:cc_amd64_debian12"

# The file whose change is measured, and the line that changes.
_BUILD = "static/BUILD.bazel"
_NSSWITCH = 'nsswitch(name = "nsswitch")'
_CHANGED = (
    'nsswitch(name = "nsswitch", databases = {{"hosts": ["files", "dns"], "x{}": ["files"]}})'
)

# Flags. The first mode is what a user types: a flag of this kind makes Bazel load //rules first.
_MODES: dict[str, tuple[str, ...]] = {"workers": (), "no-workers": ("--//rules:workers=no",)}

# Rounds that are not counted. Until then, the server compiles its own code.
_WARM = 3


class Row(NamedTuple):
    """What is measured: a build of `target`, each time after `before` with the round's number.

    `goal` is its ratio to a build with nothing to do.
    """

    name: str
    target: str
    before: Callable[[int], None]
    goal: float


class Measured(NamedTuple):
    """The median of several runs."""

    seconds: float
    processes: int


def _bazel(*command: str) -> str:
    """Runs Bazel; returns its messages."""
    result = subprocess.run(["./bazelw", *command], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ToolError(f"bazel {' '.join(command)}: {result.stderr.strip()}")
    return result.stderr


def processes(messages: str) -> int:
    """How many processes and requests to workers a build took: `3 processes: 1 internal, 2 ...`."""
    (line,) = re.findall(r"^INFO: (\d+ process.*)$", messages, re.MULTILINE)
    internal = re.search(r"(\d+) internal", line)
    return int(line.split()[0]) - (int(internal[1]) if internal else 0)


def _measure(row: Row, flags: Sequence[str], number: int) -> Measured:
    row.before(number)
    begin = time.perf_counter()
    messages = _bazel("build", *flags, row.target)
    return Measured(time.perf_counter() - begin, processes(messages))


def _median(results: Sequence[Measured]) -> Measured:
    seconds = median(each.seconds for each in results)
    return Measured(seconds, round(median(each.processes for each in results)))


def _clean(_: int) -> None:
    _bazel("clean")


def _nothing(_: int) -> None:
    pass


def _change(number: int) -> None:
    """Writes another nsswitch.conf; each time that it is called, the file differs."""
    with open(_BUILD, encoding="utf-8") as source:
        lines = source.read().split("\n")
    places = [at for at, line in enumerate(lines) if line.startswith("nsswitch(name = ")]
    if len(places) != 1:
        raise ToolError(f"{_BUILD}: no line {_NSSWITCH}", "the bench has to follow the file")
    lines[places[0]] = _CHANGED.format(f"{time.monotonic_ns()}_{number}")
    with open(_BUILD, "w", encoding="utf-8") as out:
        out.write("\n".join(lines))


_FLOOR = Row("nothing to do (the floor)", _CC, _nothing, 1.0)
_ROWS = (
    Row("clean, static", _STATIC, _clean, 3.6),
    Row("clean, cc", _CC, _clean, 5.6),
    _FLOOR,
    Row("nsswitch.conf changed, cc", _CC, _change, 1.4),
    Row("clean, static's index of five", _INDEX, _clean, 4.8),
)
_ALL = Row("clean, //...", "//...", _clean, 440.0)


def _print(mode: str, rows: Sequence[Row], rounds: int) -> None:
    flags = _MODES[mode]
    for row in rows:  # fetches
        _bazel("build", *flags, row.target)
    for number in range(_WARM):
        for row in _ROWS:
            _measure(row, flags, number)
    results: dict[Row, list[Measured]] = {row: [] for row in rows}
    for number in range(rounds):
        for row in rows:
            results[row].append(_measure(row, flags, number))
    floor = _median(results[_FLOOR])
    title = f"{mode}, medians of {rounds}"
    print(f"\n{title:32} {'s':>7} {'ratio':>6} {'goal':>6} {'processes':>9}")
    for row in rows:
        measured = _median(results[row])
        print(
            f"{row.name:32} {measured.seconds:7.2f} {measured.seconds / floor.seconds:6.1f}"
            f" {row.goal:6.1f} {measured.processes:9}",
            flush=True,
        )


def main(argv: Sequence[str]) -> int:
    parser = Parser("build", "Measures builds of images, with workers and without.")
    parser.add_argument(
        "--runs", type=int, default=5, help="how many rounds, by default %(default)s"
    )
    parser.add_argument("--all", action="store_true", help="build //... too, which takes minutes")
    parser.add_argument("--mode", choices=tuple(_MODES), action="append", help="by default both")
    args = parser.parse_args(argv)
    if args.runs < 1:
        raise ToolError(f"--runs is {args.runs}", "at least 1")
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if not workspace:
        raise ToolError("BUILD_WORKSPACE_DIRECTORY is not set", "./bazelw run //tests/bench:build")
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        copy = os.path.join(scratch, "workspace")
        ignored = shutil.ignore_patterns("bazel-*", ".git", ".*_cache")
        shutil.copytree(workspace, copy, symlinks=True, ignore=ignored)
        os.chdir(copy)
        print(_load("before"))
        try:
            for mode in args.mode or _MODES:
                _print(mode, (*_ROWS, _ALL) if args.all else _ROWS, args.runs)
        finally:
            _bazel("clean", "--expunge")
            os.chdir("/")
        print(f"\n{_load('after')}")
    return 0


def _load(when: str) -> str:
    loads = " ".join(f"{each:.1f}" for each in os.getloadavg())
    return f"load {when}: {loads} (1, 5 and 15 minutes), {os.cpu_count()} processors"


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
