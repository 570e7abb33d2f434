"""Flags of tools that read an image's files from the metadata of its layers.

rules/private/image_flags.bzl writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.lib.cli.flags import Parser
from tools.lib.part.inventory import Inventory
from tools.lib.part.part import Part
from tools.lib.part.part_json import read_part


def add_image_flags(parser: Parser) -> None:
    """Declares --part, --tar, --base-manifest and --layout."""
    parser.add_argument(
        "--part",
        action="append",
        default=[],
        dest="readers",
        type=lambda path: lambda: (read_part(path), None),
        metavar="PART_JSON",
        help="a part, of all layers bottom to top",
    )
    parser.add_argument(
        "--tar",
        action="append",
        default=[],
        dest="readers",
        type=lambda path: lambda: _read_tar(path),
        metavar="TAR",
        help="a layer without metadata, in its place between the parts",
    )
    parser.add_argument("--base-manifest", help="manifest of the image below all of that")
    parser.add_argument(
        "--layout",
        action="append",
        default=[],
        metavar="DIRECTORY",
        help="OCI layout that has layers of that image",
    )


def read_image_parts(args: Any) -> list[Part]:
    """The parts of the image that the flags describe, bottom to top; a tar is a foreign part.

    Raises:
        ToolError: a file is not what its flag says.
    """
    return [part for part, _ in read_described_parts(args)]


def read_described_parts(args: Any) -> Iterator[tuple[Part, Inventory | None]]:
    """Yields the parts of `read_image_parts`, each foreign one with its inventory."""
    if args.base_manifest:
        yield from _read_layout(args.base_manifest, args.layout)
    for read in args.readers:
        yield read()


def _read_tar(path: str) -> tuple[Part, Inventory]:
    from tools.lib.rootfs import foreign_layers  # slow to import, and most images need none

    tar = foreign_layers.read_tar(path)
    return tar.part, tar.inventory


def _read_layout(manifest: str, layouts: list[str]) -> Iterator[tuple[Part, Inventory]]:
    from tools.lib.rootfs import foreign_layers

    for tar in foreign_layers.read_layout(manifest, layouts):
        yield tar.part, tar.inventory
