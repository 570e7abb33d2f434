"""alternatives: makes a part with the links that update-alternatives(1) makes."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.alternatives.choose import choose_links, place, read_choices
from tools.lib.archive.tar_entry import TarEntry, path_bytes
from tools.lib.cli.errors import run
from tools.lib.cli.flags import Parser
from tools.lib.part.output import add_flags, part_writer
from tools.lib.rootfs.image import ImageView
from tools.lib.rootfs.image_flags import add_image_flags, read_image_parts


def main(argv: Sequence[str]) -> int:
    parser = Parser("alternatives", "Makes the links that update-alternatives makes.")
    add_image_flags(parser)
    parser.add_argument(
        "--link",
        action="append",
        nargs=2,
        default=[],
        metavar=("PATH", "TARGET"),
        help="a link that is declared, whatever the packages say",
    )
    parser.add_argument(
        "--ignored-package",
        action="append",
        default=[],
        metavar="NAME",
        help="a package whose maintainer script does not count",
    )
    parser.add_argument("--mtime", type=int, required=True, help="seconds since 1970")
    add_flags(parser)
    args = parser.parse_args(argv)

    image = ImageView(read_image_parts(args))
    links = choose_links(image, read_choices(image.parts, args.ignored_package, args.label))
    for path, target in args.link:
        links[place(image, path)] = target
    known = image.overlay.entries
    with part_writer(args) as writer:
        for path in sorted(links, key=path_bytes):
            writer.add(TarEntry(path, "symlink", 0o777, mtime=args.mtime, link=links[path]))
        writer.close(
            label=args.label,
            architecture=None,
            package=None,
            replaces=[path for path in links if path in known],
        )
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
