"""Measures tools/deb against its floor, on the packages given as arguments.

The floor is what no such tool can do without, each by the fastest library there is, one after the
other: decode data.tar with liblzma, compress it with libdeflate's level 6, hash it with SHA-256.
The tool is measured as a build runs it: in a worker, which forks for each package, and without
workers in a process for each package, from its start to its end.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

import deflate

from tools.lib.archive.compress import KINDS
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.debian.deb import MemberStream, read_deb

_MOST_RATIO = 1.3
_MOST_MEMORY = 200 << 20
_MEMBER = 2 << 20

# Prints the seconds and the peak of memory, in KiB, of the part that a build would repeat.
_WORKER = """\
import os, sys, time
sys.path[:0] = {path!r}
from tools.lib.cli.errors import run
from tools.deb.__main__ import main
start = time.perf_counter()
child = os.fork()
if not child:
    os._exit(run(main, sys.argv))
_, status, usage = os.wait4(child, 0)
print(time.perf_counter() - start, usage.ru_maxrss)
sys.exit(status != 0)
"""
_PROCESS = """\
import sys
sys.path[:0] = {path!r}
from tools.lib.cli.errors import run
from tools.deb.__main__ import main
sys.exit(run(main, sys.argv))
"""


class Cost(NamedTuple):
    """Seconds in a worker and as a process, and the peak of resident memory in a worker, bytes."""

    worker: float
    process: float
    memory: int


def main(argv: Sequence[str]) -> int:
    parser = Parser("deb_bench", "Measures tools/deb against its floor.")
    parser.add_argument("debs", nargs="+", metavar="DEB", help="a package with data.tar.xz")
    parser.add_argument(
        "--repeat", type=int, default=5, help="how many times, by default %(default)s"
    )
    parser.add_argument("--compression", choices=KINDS, default="gzip")
    args = parser.parse_args(argv)

    # The tool first: a process counts the memory of the one that started it as its own.
    costs = [_tool(deb, args.compression, args.repeat) for deb in args.debs]
    floors = [_floor(_data(deb), args.repeat) for deb in args.debs]
    print(f"medians of {args.repeat}, load {os.getloadavg()[0]:.1f}")
    columns = ("worker", "ratio", "process", "ratio")
    headings = " ".join(f"{each:>7}" for each in columns)
    print(f"{'seconds':40} {'floor':>7} {headings} {'MB':>4}")
    for deb, cost, floor in zip(args.debs, costs, floors, strict=True):
        _print(os.path.basename(deb).rpartition("_")[0][:40], cost, floor)
    total = Cost(
        sum(cost.worker for cost in costs),
        sum(cost.process for cost in costs),
        max(cost.memory for cost in costs),
    )
    _print("all", total, sum(floors))
    if total.worker > _MOST_RATIO * sum(floors) or total.memory > _MOST_MEMORY:
        raise ToolError(
            f"more than {_MOST_RATIO} times the floor, or than {_MOST_MEMORY >> 20} MiB",
            "run it again on a machine that has nothing else to do",
        )
    return 0


def _print(name: str, cost: Cost, floor: float) -> None:
    times = " ".join(f"{each:7.3f} {each / floor:7.2f}" for each in (cost.worker, cost.process))
    print(f"{name:40} {floor:7.3f} {times} {cost.memory >> 20:4}")


def _data(path: str) -> bytes:
    with open(path, "rb") as source:
        deb = read_deb(source, os.fstat(source.fileno()).st_size)
        if deb.data_suffix != ".xz":
            raise ToolError(f"{path}: {deb.data.name}, and the floor is that of data.tar.xz")
        return MemberStream(source, deb.data).read(deb.data.size)


def _floor(data: bytes, repeat: int) -> float:
    times: list[float] = []
    for _ in range(repeat):
        start = time.perf_counter()
        archive = memoryview(lzma.decompress(data))
        for offset in range(0, len(archive), _MEMBER):
            deflate.gzip_compress(archive[offset : offset + _MEMBER], 6)
        hashlib.sha256(archive).digest()
        times.append(time.perf_counter() - start)
    return median(times)


def _tool(deb: str, compression: str, repeat: int) -> Cost:
    costs = []
    for _ in range(repeat):
        start = time.perf_counter()
        _run(_PROCESS, deb, compression)
        process = time.perf_counter() - start
        worker, memory = _run(_WORKER, deb, compression).split()
        costs.append(Cost(float(worker), process, int(memory) << 10))
    return Cost(
        median(cost.worker for cost in costs),
        median(cost.process for cost in costs),
        max(cost.memory for cost in costs),
    )


def _run(launcher: str, deb: str, compression: str) -> str:
    """Converts a package; returns what the launcher prints."""
    with tempfile.TemporaryDirectory() as directory:
        flags = [
            *("--deb", deb, "--label", "bench", "--compression", compression),
            *("--blob-out", f"{directory}/blob", "--part-out", f"{directory}/json"),
        ]
        code = launcher.format(path=[os.path.abspath(each) for each in sys.path])
        command = [sys.executable, "-ISB", "-Xutf8", "-c", code, *flags]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise ToolError(f"{deb}: tools/deb failed")
    return done.stdout


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
