"""Extracts a file of a layer, such as a jar that Debian packages."""

from __future__ import annotations

from collections.abc import Sequence

from tests.toolchains.compile import layer
from tools.lib.cli.files import atomic_write
from tools.lib.cli.flags import Parser


def extract(argv: Sequence[str]) -> None:
    """`compile extract`: extracts one file of a layer."""
    parser = Parser("compile extract", "Extracts a file of a layer.")
    parser.add_argument("--layer", required=True, help="a tar")
    parser.add_argument("--path", required=True, help="path of the file in the layer")
    parser.add_argument("--output", required=True)
    flags = parser.parse_args(argv)
    content = layer.read(flags.layer, flags.path)
    with atomic_write(flags.output) as out:
        out.write(content)
