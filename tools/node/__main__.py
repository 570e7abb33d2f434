"""node: makes a part with Node.js in /nodejs, from a release archive."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cli.errors import run
from tools.lib.cli.flags import Parser
from tools.lib.debian.architectures import find_architecture
from tools.lib.part.output import add_flags, part_writer
from tools.node.archive import open_archive
from tools.node.release import NodeRelease, write_release


def main(argv: Sequence[str]) -> int:
    parser = Parser("node", "Makes a part with Node.js in /nodejs, from a release archive.")
    parser.add_argument("--archive", required=True, help="a .tar.gz, .tgz or .tar.xz of a release")
    parser.add_argument("--strip-prefix", default="", help="the release's directory in the archive")
    parser.add_argument("--version", required=True, help="the release, such as 24.21.0")
    parser.add_argument("--architecture", required=True, help="OCI's name of the architecture")
    parser.add_argument("--node-sha256", default="", help="the hash of bin/node, in hex")
    parser.add_argument("--license-sha256", default="", help="the hash of LICENSE, in hex")
    parser.add_argument(
        "--mtime", type=int, required=True, help="the time of all entries, in seconds since 1970"
    )
    add_flags(parser)
    args = parser.parse_args(argv)

    release = NodeRelease(
        version=args.version,
        architecture=find_architecture(args.architecture),
        mtime=args.mtime,
        node_sha256=args.node_sha256,
        license_sha256=args.license_sha256,
    )
    with (
        part_writer(args) as writer,
        open_archive(args.archive, args.blob_out, args.strip_prefix) as archive,
    ):
        write_release(archive, release, writer, args.label)
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
