"""node_layer: makes /nodejs from a release archive of Node.js, as a part of a layer."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cli.errors import run
from tools.lib.cli.flags import Parser
from tools.lib.debian.architectures import find_debian_architecture
from tools.lib.part.output import add_flags, part_writer
from tools.node.archive import opened
from tools.node.layer import Release, write_part


def main(argv: Sequence[str]) -> int:
    parser = Parser("node_layer", "Makes /nodejs of a release archive, as a part of a layer.")
    parser.add_argument("--archive", required=True, help="a .tar.gz or .tar.xz of a release")
    parser.add_argument("--strip-prefix", default="", help="the archive's directory of the release")
    parser.add_argument("--version", required=True, help="the release, such as 24.21.0")
    parser.add_argument("--architecture", required=True, help="Debian's name of the architecture")
    parser.add_argument("--node-sha256", default="", help="hex; what bin/node must have")
    parser.add_argument("--license-sha256", default="", help="hex; what LICENSE must have")
    parser.add_argument("--mtime", type=int, required=True, help="time of all, seconds since 1970")
    add_flags(parser)
    args = parser.parse_args(argv)

    architecture = find_debian_architecture(args.architecture)
    release = Release(args.version, architecture, args.mtime, args.node_sha256, args.license_sha256)
    with (
        part_writer(args) as writer,
        opened(args.archive, args.blob_out, args.strip_prefix) as archive,
    ):
        write_part(archive, release, writer, args.label)
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
