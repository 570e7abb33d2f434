"""deb_layer: makes a part of a layer from a Debian package."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.deb_layer import rules
from tools.deb_layer.layer import Options, write_part
from tools.deb_layer.unpack import unpacked
from tools.lib.cli import Parser
from tools.lib.compress import KINDS
from tools.lib.errors import run
from tools.lib.files import atomic_write, write_json


def main(argv: Sequence[str]) -> int:
    parser = Parser("deb_layer", "Makes a part of a layer from a Debian package.")
    parser.add_argument("--deb", required=True, help="the package")
    parser.add_argument("--run", required=True, help="output: the compressed tar entries")
    parser.add_argument("--metadata", required=True, help="output: part.json")
    parser.add_argument("--label", required=True, help="who made the part")
    parser.add_argument("--compression", choices=KINDS, default="gzip")
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
        args.compression,
        rules.keeper(args.exclude, args.include, not args.no_default_excludes),
        args.merged_usr,
    )
    with atomic_write(args.run) as out:
        with unpacked(args.deb, args.run, args.max_size) as package:
            metadata = write_part(package, options, out)
        write_json(args.metadata, metadata)
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
