"""alternatives: makes a part with the links that update-alternatives(1) makes."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.alternatives.choose import (
    choose_links,
    linked_packages,
    place,
    read_choices,
    unread_commands,
)
from tools.lib.archive.tar_entry import TarEntry, path_bytes
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.part.output import add_flags, part_writer
from tools.lib.rootfs.image import ImageView
from tools.lib.rootfs.image_flags import add_image_flags, read_image_parts

_HINTS = {
    "alternatives": "declare links to files of {0} in `alternatives`, {{path: target}}, or add {0}"
    " to `ignored_packages` of a target of the rule `alternatives`",
    "links": "declare them in `links`, or add {0} to `ignored_packages`",
}
"""What to do about commands that cannot be read, by the attribute that declares links."""


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
        "--links-attribute",
        choices=sorted(_HINTS),
        required=True,
        help="the attribute that declares links, for errors",
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
    declared = {place(image, path): target for path, target in args.link}
    parts = [
        part
        for part in image.parts
        if part.package and part.package.name not in args.ignored_package
    ]
    linked = linked_packages(image, declared)
    for name, commands in unread_commands(parts).items():
        if name not in linked:
            raise ToolError(
                f"{args.label}: cannot read the alternatives of {name}: {commands[0]}",
                _HINTS[args.links_attribute].format(name),
            )
    links = choose_links(image, read_choices(parts)) | declared
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
