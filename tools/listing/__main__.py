"""listing: prints what a layer holds, one entry a line, from the metadata of its parts."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cli.errors import run
from tools.lib.cli.files import atomic_write
from tools.lib.cli.flags import Parser
from tools.lib.part.part_json import read_part
from tools.lib.part.repeated import are_repeated
from tools.listing.listing import listing_lines


def main(argv: Sequence[str]) -> int:
    parser = Parser("listing", "Lists the content of a layer, one entry a line, as JSON.")
    parser.add_argument(
        "--part",
        action="append",
        default=[],
        metavar="PART_JSON",
        help="a part of the layer",
    )
    parser.add_argument(
        "--base-part",
        action="append",
        default=[],
        metavar="PART_JSON",
        help="a part of the layers below",
    )
    parser.add_argument("--listing-out", required=True, help="output: the lines, sorted by path")
    args = parser.parse_args(argv)

    base_parts = [read_part(path) for path in args.base_part]
    given = [read_part(path) for path in args.part]
    repeated = are_repeated(given, base_parts)
    parts = [part for part, again in zip(given, repeated, strict=True) if not again]
    with atomic_write(args.listing_out) as out:
        out.writelines(listing_lines(parts, base_parts))
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
