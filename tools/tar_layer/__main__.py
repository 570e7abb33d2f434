"""Describes a finished tar from elsewhere as a layer: digests, size, newest time."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_write
from tools.lib.cli.flags import Parser
from tools.lib.oci.layer import write_layer
from tools.tar_layer.core import describe_tar


def main(argv: Sequence[str]) -> int:
    parser = Parser("tar_layer", "Describes a tar (plain, gzip, zstd) as a layer of an image.")
    parser.add_argument("--tar", required=True, help="its first bytes tell the compression")
    parser.add_argument("--layer-out", required=True)
    parser.add_argument("--label", default="", help="who made it, for the image's history")
    flags = parser.parse_args(argv)

    try:
        with open(flags.tar, "rb") as source:
            layer = describe_tar(source, flags.label)
    except ToolError as error:
        raise ToolError(f"{flags.tar}: {error.message}", error.hint) from None
    with atomic_write(flags.layer_out) as out:
        write_layer(layer, out)
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
