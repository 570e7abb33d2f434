"""deb: makes a part with the files of a Debian package."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.deb import usr_merge
from tools.deb.path_filter import PathFilter
from tools.deb.plan import plan_part
from tools.lib.cli.errors import run
from tools.lib.cli.flags import Parser
from tools.lib.debian.dpkg_status import parse_md5sums
from tools.lib.debian.unpack import unpack_deb
from tools.lib.part.output import add_flags, part_writer
from tools.lib.part.package_part import write_package

_LIMIT_HINT = "set `max_size_mib` to allow more, if you trust the package"


def main(argv: Sequence[str]) -> int:
    parser = Parser("deb", "Makes a part with the files of a Debian package.")
    parser.add_argument("--deb", required=True, help="the package")
    add_flags(parser)
    parser.add_argument(
        "--merged-usr", action="store_true", help="move /bin, /sbin and /lib* below /usr"
    )
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="PATTERN",
        help="leave out these paths, of which the package must have one",
    )
    parser.add_argument(
        "--optional-exclude",
        action="append",
        default=[],
        metavar="PATTERN",
        help="leave out these paths if the package has them",
    )
    parser.add_argument(
        "--include", action="append", default=[], metavar="PATTERN", help="keep excluded paths"
    )
    parser.add_argument(
        "--required-include",
        action="append",
        default=[],
        metavar="PATTERN",
        help="keep excluded paths, of which the package must have one",
    )
    parser.add_argument(
        "--no-default-excludes", action="store_true", help="keep documentation and the like"
    )
    parser.add_argument(
        "--max-size", type=int, metavar="BYTES", help="the limit of the package's unpacked size"
    )
    args = parser.parse_args(argv)

    path_filter = PathFilter(
        args.exclude,
        args.include,
        not args.no_default_excludes,
        args.optional_exclude,
        args.required_include,
    )
    with (
        part_writer(args) as writer,
        unpack_deb(args.deb, args.blob_out, args.max_size, _LIMIT_HINT) as package,
    ):
        members = plan_part(package.members, path_filter, args.merged_usr)
        md5sums = None
        if package.deb.md5sums is not None:
            md5sums = parse_md5sums(package.deb.md5sums)
            if args.merged_usr:
                md5sums = {usr_merge.move_path(path): md5 for path, md5 in md5sums.items()}
        write_package(package, members, md5sums, args.label, writer)
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
