"""Writes the plan of a release: which repositories and tags get which digests."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cli.errors import run
from tools.lib.cli.files import write_whole
from tools.lib.cli.flags import Parser
from tools.lib.data.json_values import read_document
from tools.lib.lifecycle.lifecycle import read_lifecycle
from tools.lib.release.plan import write_plan
from tools.release_plan.planning import (
    VARIANTS,
    ReleaseEntry,
    make_plan,
    read_index,
    table,
)


class _Flags:
    entry: list[list[str]]
    default_distribution: str
    lifecycle: str
    plan_out: str
    table_out: str


def main(argv: Sequence[str]) -> int:
    parser = Parser("release_plan", __doc__)
    parser.add_argument(
        "--entry",
        action="append",
        nargs=5,
        metavar=("REPOSITORY", "DISTRIBUTION", "VARIANT", "TARGET", "INDEX"),
        help=f"an index that is released; VARIANT is one of {', '.join(VARIANTS)}",
    )
    parser.add_argument("--default-distribution", required=True, help="of repositories without one")
    parser.add_argument("--lifecycle", required=True, help="lifecycle.json: all must be in it")
    parser.add_argument("--plan-out", required=True, help="JSON to write")
    parser.add_argument("--table-out", required=True, help="table to write")
    flags = parser.parse_args(argv, _Flags)

    entries = [
        ReleaseEntry(
            repository, distribution, variant, read_index(read_document(path), target, path)
        )
        for repository, distribution, variant, target, path in flags.entry
    ]
    plan = make_plan(entries, flags.default_distribution)
    lifecycle = read_lifecycle(flags.lifecycle)
    for entry in entries:
        lifecycle.support(entry.repository, entry.distribution)
    write_whole({flags.plan_out: write_plan(plan), flags.table_out: table(plan).encode()})
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
