"""deb_layer: makes a part of a layer from a Debian package."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tools.deb_layer import rules
from tools.deb_layer.deb import Deb, Section, open_deb, within
from tools.deb_layer.layer import Options, write_part
from tools.deb_layer.spool import Spool
from tools.lib import decompress
from tools.lib.cli import Parser
from tools.lib.compress import KINDS
from tools.lib.errors import run
from tools.lib.files import atomic_write, write_json

# What a package may unpack to, if no flag says otherwise: this much, or multiples of what it states
# itself (Installed-Size) and of its own size. Debian's packages stay below a half of either.
_FREE = 64 << 20
_OF_INSTALLED = 4
_OF_COMPRESSED = 64


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

    with atomic_write(args.run) as out, open(args.deb, "rb") as source:
        with within(args.deb):
            deb = open_deb(source, os.fstat(source.fileno()).st_size)
            options = Options(
                args.label,
                args.compression,
                rules.keeper(args.exclude, args.include, not args.no_default_excludes),
                args.merged_usr,
                max_size(deb) if args.max_size is None else args.max_size,
            )
            with Spool(f"{args.run}.{os.getpid()}.spool") as spool, within(deb.data.name):
                data = decompress.chunks(Section(source, deb.data), deb.data_suffix)
                spool.fill(data, options.max_size)
                metadata = write_part(deb, spool.read_at, spool.size, options, out)
        write_json(args.metadata, metadata)
    return 0


def max_size(deb: Deb) -> int:
    """Bytes that a package may unpack to."""
    return max(_FREE, _OF_INSTALLED * deb.control.installed_size, _OF_COMPRESSED * deb.data.size)


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
