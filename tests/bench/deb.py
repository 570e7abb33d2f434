"""Measures tools/deb against its floor, on the packages given as arguments.

The floor is what no such tool can do without, each by the fastest library there is, one after the
other: decode data.tar with liblzma, compress it with libdeflate's level 6, hash it with SHA-256.
The tool is measured as a build runs it: a process for each package, from its start to its end.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import NamedTuple

import deflate

from tools.lib.archive.compress import KINDS
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.debian.deb import MemberStream, read_deb

_MOST_RATIO = 1.3
_MOST_MEMORY = 200 << 20
_MEMBER = 2 << 20

_LAUNCHER = """\
import sys
sys.path[:0] = {path!r}
from tools.lib.cli.errors import run
from tools.deb.__main__ import main
sys.exit(run(main, sys.argv))
"""


class Cost(NamedTuple):
    """Seconds, and the most memory that was resident, in bytes."""

    seconds: float
    memory: int


def main(argv: Sequence[str]) -> int:
    parser = Parser("deb_bench", "Measures tools/deb against its floor.")
    parser.add_argument("debs", nargs="+", metavar="DEB", help="a package with data.tar.xz")
    parser.add_argument("--repeat", type=int, default=3, help="the fastest of so many counts")
    parser.add_argument("--compression", choices=KINDS, default="gzip")
    args = parser.parse_args(argv)

    # The tool first: a process counts the memory of the one that started it as its own.
    costs = [min(_tool(deb, args.compression) for _ in range(args.repeat)) for deb in args.debs]
    floors = [_floor(_data(deb), args.repeat) for deb in args.debs]
    print(f"{'seconds':40} {'ours':>8} {'floor':>8} {'ratio':>6} {'peak MB':>8}")
    for deb, cost, floor in zip(args.debs, costs, floors, strict=True):
        _print(os.path.basename(deb).rpartition("_")[0][:40], cost, floor)
    total = Cost(sum(cost.seconds for cost in costs), max(cost.memory for cost in costs))
    _print("all", total, sum(floors))
    if total.seconds > _MOST_RATIO * sum(floors) or total.memory > _MOST_MEMORY:
        raise ToolError(
            f"more than {_MOST_RATIO} times the floor, or than {_MOST_MEMORY >> 20} MiB",
            "run it again on a machine that has nothing else to do",
        )
    return 0


def _print(name: str, cost: Cost, floor: float) -> None:
    ratio = cost.seconds / floor
    print(f"{name:40} {cost.seconds:8.3f} {floor:8.3f} {ratio:6.2f} {cost.memory >> 20:8}")


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
    return min(times)


def _tool(deb: str, compression: str) -> Cost:
    with tempfile.TemporaryDirectory() as directory:
        flags = [
            *("--deb", deb, "--label", "bench", "--compression", compression),
            *("--blob-out", f"{directory}/blob", "--part-out", f"{directory}/json"),
        ]
        code = _LAUNCHER.format(path=[os.path.abspath(each) for each in sys.path])
        command = [sys.executable, "-ISB", "-Xutf8", "-c", code, *flags]
        start = time.perf_counter()
        child = os.posix_spawn(sys.executable, command, os.environ)
        _, status, usage = os.wait4(child, 0)
        seconds = time.perf_counter() - start
    if status:
        raise ToolError(f"{deb}: tools/deb failed")
    return Cost(seconds, usage.ru_maxrss << 10)


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
