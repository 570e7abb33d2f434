"""dpkg_status: writes the packages of an image as one classic dpkg status file."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.cli.errors import run
from tools.lib.cli.files import atomic_write
from tools.lib.cli.flags import Parser
from tools.lib.debian.dpkg_status import (
    STATUS_DIRECTORY,
    STATUS_FILE,
    InstalledPackage,
    parse_status,
    render_status,
)
from tools.lib.part.part import Part
from tools.lib.rootfs.image import ImageView
from tools.lib.rootfs.image_flags import add_image_flags, read_image_parts


def main(argv: Sequence[str]) -> int:
    parser = Parser("dpkg_status", "Writes the packages of an image as a dpkg status file.")
    add_image_flags(parser)
    parser.add_argument("--status-out", required=True, help="output: the status file")
    args = parser.parse_args(argv)

    with atomic_write(args.status_out) as out:
        out.write(render_status(installed_packages(read_image_parts(args))))
    return 0


def installed_packages(parts: Sequence[Part]) -> Iterator[InstalledPackage]:
    """Yields the packages of an image; those of status.d come after those of the status file.

    Args:
        parts: of all layers, bottom to top.

    Raises:
        ToolError: a file of dpkg's database is malformed.
    """
    image = ImageView(parts)
    files = sorted(
        (path for path in image.overlay.entries if path.startswith(f"{STATUS_DIRECTORY}/")),
        key=path_bytes,
    )
    for path in (STATUS_FILE, *files):
        text = image.text(path)
        if text is not None:
            yield from parse_status(path_bytes(text), path)


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
