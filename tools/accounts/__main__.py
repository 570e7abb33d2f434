"""accounts: makes a part with an image's /etc/passwd or /etc/group and further entries."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.accounts.append import append_entries
from tools.lib.archive.tar_entry import TarEntry, path_bytes
from tools.lib.archive.tar_member import relative
from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.part.output import add_flags, part_writer
from tools.lib.rootfs.image import ImageView
from tools.lib.rootfs.image_flags import add_image_flags, read_image_parts


def main(argv: Sequence[str]) -> int:
    parser = Parser("accounts", "Appends entries to an image's /etc/passwd or /etc/group.")
    add_image_flags(parser)
    parser.add_argument("--kind", choices=("passwd", "group"), required=True)
    parser.add_argument("--path", required=True, help="absolute path of the file in the image")
    parser.add_argument(
        "--entry", action="append", default=[], metavar="LINE", help="an entry to append"
    )
    parser.add_argument("--mtime", type=int, required=True, help="seconds since 1970")
    add_flags(parser)
    args = parser.parse_args(argv)

    with error_context(f"{args.label}: path"):
        path = relative(path_bytes(args.path))
    image = ImageView(read_image_parts(args))
    text = image.text(path)
    if text is None and image.exists(path):
        raise ToolError(
            f"{args.label}: /{path} of the base image is not a file of at most 64 KiB",
            "leave out `base`, and write all entries",
        )
    content = path_bytes(
        append_entries(text or "", args.entry, args.kind, f"{args.label}: /{path}")
    )
    with part_writer(args) as writer:
        writer.add(TarEntry(path, "file", 0o644, mtime=args.mtime, size=len(content)), [content])
        writer.close(label=args.label, architecture=None, package=None, replaces=[path])
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
