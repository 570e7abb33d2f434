"""busybox: makes /busybox with a shell and its programs from Debian's package, as a part."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.busybox.plan import plan
from tools.deb_layer.layer import write_entries
from tools.deb_layer.unpack import unpacked
from tools.lib.cli import Parser
from tools.lib.compress import KINDS
from tools.lib.errors import run
from tools.lib.files import atomic_write, write_json
from tools.lib.part import PartWriter


def main(argv: Sequence[str]) -> int:
    parser = Parser("busybox", "Makes /busybox from Debian's busybox-static, as a part of a layer.")
    parser.add_argument("--deb", required=True, help="the package busybox-static")
    parser.add_argument("--run", required=True, help="output: the compressed tar entries")
    parser.add_argument("--metadata", required=True, help="output: part.json")
    parser.add_argument("--label", required=True, help="who made the part")
    parser.add_argument("--compression", choices=KINDS, default="gzip")
    args = parser.parse_args(argv)

    with atomic_write(args.run) as out:
        with unpacked(args.deb, args.run) as package:
            kept = plan(package.members, package.read_at)
            writer = PartWriter(out, args.compression)
            metadata = write_entries(package, kept, writer, args.label)
        write_json(args.metadata, metadata)
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
