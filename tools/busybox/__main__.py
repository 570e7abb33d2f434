"""busybox: makes a part with a shell and its programs in /busybox, from a Debian package."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.busybox.plan import plan_part
from tools.lib.cli.errors import run
from tools.lib.cli.flags import Parser
from tools.lib.debian.dpkg_status import parse_md5sums
from tools.lib.debian.unpack import unpack_deb
from tools.lib.part.output import add_flags, part_writer
from tools.lib.part.package_part import write_package


def main(argv: Sequence[str]) -> int:
    parser = Parser("busybox", "Makes a part with busybox and its applets in /busybox.")
    parser.add_argument("--deb", required=True, help="Debian's package busybox-static")
    add_flags(parser)
    args = parser.parse_args(argv)

    with part_writer(args) as writer, unpack_deb(args.deb, args.blob_out) as package:
        members = plan_part(package)
        shipped = package.deb.md5sums
        md5sums = None if shipped is None else parse_md5sums(shipped)
        write_package(package, members, md5sums, args.label, writer)
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
