"""deb_layer: makes a part of a layer from a Debian package."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.deb import rules
from tools.deb.layer import Options, write_part
from tools.deb.unpack import unpacked
from tools.lib.cli.errors import run
from tools.lib.cli.flags import Parser
from tools.lib.part.output import add_flags, part_writer


def main(argv: Sequence[str]) -> int:
    parser = Parser("deb_layer", "Makes a part of a layer from a Debian package.")
    parser.add_argument("--deb", required=True, help="the package")
    add_flags(parser)
    parser.add_argument(
        "--merged-usr", action="store_true", help="move bin, sbin, lib and lib* below usr"
    )
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="GLOB", help="leave these paths out too"
    )
    parser.add_argument(
        "--include", action="append", default=[], metavar="GLOB", help="keep these all the same"
    )
    parser.add_argument(
        "--no-default-excludes", action="store_true", help="keep documentation and the like"
    )
    parser.add_argument(
        "--max-size", type=int, metavar="BYTES", help="what the package may unpack to"
    )
    args = parser.parse_args(argv)

    options = Options(
        args.label,
        rules.keeper(args.exclude, args.include, not args.no_default_excludes),
        args.merged_usr,
    )
    with part_writer(args) as writer, unpacked(args.deb, args.blob_out, args.max_size) as package:
        write_part(package, options, writer)
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
