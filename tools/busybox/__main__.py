"""busybox: makes /busybox with a shell and its programs from Debian's package, as a part."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.busybox.plan import plan
from tools.deb.layer import write_entries
from tools.deb.unpack import unpacked
from tools.lib.cli.errors import run
from tools.lib.cli.flags import Parser
from tools.lib.part.output import add_flags, part_writer


def main(argv: Sequence[str]) -> int:
    parser = Parser("busybox", "Makes /busybox from Debian's busybox-static, as a part of a layer.")
    parser.add_argument("--deb", required=True, help="the package busybox-static")
    add_flags(parser)
    args = parser.parse_args(argv)

    with part_writer(args) as writer, unpacked(args.deb, args.blob_out) as package:
        write_entries(package, plan(package.members, package.read_at), writer, args.label)
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
