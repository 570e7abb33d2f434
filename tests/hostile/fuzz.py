"""Runs tools on mutated inputs: they succeed, or fail with one line, within time and memory.

    bazel run //tests/hostile:fuzz -- --seconds 600

Each input comes from a seed. A failure is printed with the flags that repeat it.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType

from tests.hostile import fuzz_applications, fuzz_archives, fuzz_documents
from tests.hostile.fuzz_archives import Case
from tests.hostile.tool_runs import CPU_SECONDS, MEMORY
from tools.lib.cli.errors import run

CASES: dict[str, Callable[[random.Random], Case]] = {
    "deb": fuzz_archives.deb,
    "node": fuzz_archives.node,
    "certificates": fuzz_archives.certificates,
    "tar_layer": fuzz_archives.tar_layer,
    "ld_so_cache": fuzz_archives.ld_so_cache,
    "wheel": fuzz_applications.wheel,
    "npm_package": fuzz_applications.npm_package,
    "flatten": fuzz_applications.flatten,
    "part": fuzz_documents.part,
    "layer": fuzz_documents.layer,
    "layout": fuzz_documents.layout,
    "compared_layouts": fuzz_documents.compared_layouts,
    "structure_tests": fuzz_documents.structure_tests,
    "lock": fuzz_documents.lock,
}

_CRASHED = 70
# Only a hang takes as long; a busy machine gives a process its CPU time late.
_WALL_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that a tool did not survive; `output` is what it wrote."""

    kind: str
    seed: int
    reason: str
    output: str

    def __str__(self) -> str:
        flags = f"--kind {self.kind} --seed {self.seed} --inputs 1"
        return f"FAILED {self.reason}\n  repeat: {flags}\n{self.output[-3000:]}"


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("fuzz", description="Runs tools on mutated inputs.")
    parser.add_argument("--seconds", type=float, default=60, help="how long (%(default)g)")
    parser.add_argument("--inputs", type=int, default=1 << 40, help="at most so many of a kind")
    parser.add_argument("--seed", type=int, default=0, help="of the first input of each kind")
    parser.add_argument("--kind", choices=CASES, action="append", help="by default all")
    parser.add_argument("--keep", metavar="DIRECTORY", help="write the files of the input there")
    args = parser.parse_args(argv)
    failures = 0
    kinds = args.kind or list(CASES)
    for kind in kinds:
        end = time.monotonic() + args.seconds / len(kinds)
        statuses: Counter[int] = Counter()
        for seed in range(args.seed, args.seed + args.inputs):
            if time.monotonic() >= end:
                break
            result = _check(kind, seed, args.keep)
            if isinstance(result, Failure):
                failures += 1
                print(result, flush=True)
            else:
                statuses[result] += 1
        accepted, refused = statuses[0], statuses[1]
        print(f"{kind}: {sum(statuses.values())} inputs, {accepted} accepted, {refused} refused")
    print(f"{failures} failures")
    return 1 if failures else 0


def _check(kind: str, seed: int, keep: str | None) -> int | Failure:
    """Runs a tool on one input; returns its status, 0 or 1, or what is wrong."""
    case = CASES[kind](random.Random(f"{kind} {seed}"))
    directory = Path(keep or tempfile.mkdtemp(prefix="fuzz-"))
    try:
        for name, data in case.files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        status, output = _run(case, directory)
        reason = _judge(case, directory, status, output)
        return Failure(kind, seed, reason, output) if reason else status
    finally:
        if not keep:
            shutil.rmtree(directory)


def _run(case: Case, directory: Path) -> tuple[int, str]:
    """Runs a tool in a process of its own; returns its status and what it wrote to stderr."""
    tool = import_module(f"{case.module}.__main__").main
    stderr = os.memfd_create("stderr")
    process = os.fork()
    if process == 0:
        status = _CRASHED
        try:
            _prepare(stderr, directory)
            status = run(tool, [case.module, *case.arguments])
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else _CRASHED
        except BaseException:
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    signal.signal(signal.SIGALRM, _kill(process))
    signal.alarm(_WALL_SECONDS)
    _, status = os.waitpid(process, 0)
    signal.alarm(0)
    with open(stderr, "rb") as file:
        file.seek(0)
        output = file.read().decode("utf-8", "replace")
    return os.waitstatus_to_exitcode(status), output


def _prepare(stderr: int, directory: Path) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.dup2(stderr, 2)
    # Whoever runs the fuzzer may have other streams in their places.
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.chdir(directory)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, hard))


def _kill(process: int) -> Callable[[int, FrameType | None], None]:
    def handler(number: int, frame: FrameType | None) -> None:
        os.kill(process, signal.SIGKILL)

    return handler


def _judge(case: Case, directory: Path, status: int, stderr: str) -> str:
    """What is wrong with a run; empty if nothing is."""
    if status < 0:
        return f"ended by {signal.Signals(-status).name}: it hangs, or takes too much time"
    if status not in (0, 1):
        return f"status {status}"
    lines = stderr.splitlines()
    if not all(line.isprintable() for line in lines):
        return "an error that a terminal obeys"
    if len(lines) > 1 and case.module != "tools.check_image":
        return "more than a line on stderr"
    is_report = case.module in ("tools.diff", "tools.structure_test") and not stderr
    if (
        status == 1
        and not is_report
        and not (lines and all(line.startswith("error: ") for line in lines))
    ):
        return "an error without a message"
    if status == 0 and stderr:
        return "success with an error"
    left = [name for name in case.outputs if (directory / name).exists()]
    if status == 1 and left and not is_report:
        return f"an error that leaves {left}"
    return case.check(directory) if status == 0 else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
