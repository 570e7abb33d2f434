"""flatten: joins several tars to one, in which each path occurs once."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.flatten.plan import FlattenPlan
from tools.lib.archive.compress import PLAIN
from tools.lib.archive.tar_reader import content
from tools.lib.archive.tar_stream import TarStream
from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import run
from tools.lib.cli.files import atomic_writes
from tools.lib.cli.flags import Parser
from tools.lib.part.part_writer import PartWriter

_LIMIT_HINT = "use the tar without compression, if you trust it"


def main(argv: Sequence[str]) -> int:
    parser = Parser("flatten", "Joins tars (plain, gzip, zstd) to one without duplicates.")
    parser.add_argument("tar", nargs="+", help="the tars, bottom to top")
    parser.add_argument("--tar-out", required=True, help="output: the tar")
    parser.add_argument("--compression", choices=PLAIN, default="none")
    parser.add_argument("--label", required=True, help="who makes the tar, for errors")
    args = parser.parse_args(argv)

    plan = FlattenPlan()
    for number, path in enumerate(args.tar):
        with open(path, "rb") as source, error_context(path):
            tar = TarStream(source, hint=_LIMIT_HINT)
            plan.add(number, args.label, (member.entry for member in tar.members()))
    with atomic_writes([args.tar_out]) as (out,):
        writer = PartWriter(out, args.compression, whole=True)
        for number, path in enumerate(args.tar):
            kept = plan.kept(number)
            with open(path, "rb") as source, error_context(path):
                tar = TarStream(source, hint=_LIMIT_HINT)
                for ordinal, member in enumerate(tar.members()):
                    if ordinal in kept:
                        writer.add(member.entry, content(member, tar.read_at))
        writer.close(label=args.label, architecture=None, package=None)
        writer.layer()
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
