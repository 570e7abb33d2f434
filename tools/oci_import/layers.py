"""Describes the layers of an image by its manifest and its config, without the layers."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_writes
from tools.lib.cli.flags import Parser
from tools.lib.oci.descriptor import parse_digest
from tools.lib.oci.image import read_image
from tools.lib.oci.layer import Layer, write_layer


class _Flags:
    manifest: str
    config: str
    layer: list[list[str]]


def main(argv: Sequence[str]) -> int:
    parser = Parser("layers", __doc__)
    parser.add_argument("--manifest", required=True)
    parser.add_argument("--config", required=True)
    parser.add_argument(
        "--layer",
        action="append",
        nargs=2,
        metavar=("DIGEST", "LAYER_JSON"),
        help="a layer, and the file to write",
    )
    flags = parser.parse_args(argv, _Flags)

    image = read_image(flags.manifest, flags.config)
    layers = {
        layer.digest: Layer(descriptor=layer, diff_id=diff_id)
        for layer, diff_id in zip(image.manifest.layers, image.config.diff_ids, strict=True)
    }
    digests = [parse_digest(text, "--layer") for text, _ in flags.layer]
    for digest in digests:
        if digest not in layers:
            raise ToolError(f"{flags.manifest}: layer {digest} is missing")
    with atomic_writes([path for _, path in flags.layer]) as outs:
        for digest, out in zip(digests, outs, strict=True):
            write_layer(layers[digest], out)
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
