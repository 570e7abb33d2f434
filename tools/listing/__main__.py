"""listing: prints what a layer holds, one entry a line, from its parts' metadata alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cli.errors import run
from tools.lib.cli.files import atomic_write
from tools.lib.cli.flags import Parser
from tools.lib.part import reader as metadata
from tools.listing.listing import lines


def main(argv: Sequence[str]) -> int:
    parser = Parser("listing", "Lists the content of a layer: one entry a line, as JSON.")
    parser.add_argument(
        "--part", action="append", default=[], metavar="METADATA", help="a part of the layer"
    )
    parser.add_argument(
        "--lower", action="append", default=[], metavar="METADATA", help="a part in a layer below"
    )
    parser.add_argument("--output", required=True, help="output: the lines, sorted by path")
    args = parser.parse_args(argv)

    parts = [metadata.read(path) for path in args.part]
    lower = [metadata.read(path) for path in args.lower]
    with atomic_write(args.output) as out:
        out.writelines(lines(parts, lower))
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
