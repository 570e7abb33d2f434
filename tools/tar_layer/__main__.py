"""tar_layer: describes a tar from elsewhere as a layer of an image."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import run
from tools.lib.cli.files import atomic_writes
from tools.lib.cli.flags import Parser
from tools.lib.oci.descriptor import LAYERS, Descriptor, Digest
from tools.lib.oci.layer import Layer, write_layer
from tools.lib.part.inventory import write_inventory
from tools.lib.part.part_json import write_part
from tools.lib.part.tar_part import read_tar_part

# The limit is a multiple of the file's size.
_LIMIT_HINT = "use the tar without compression, if you trust it"


def main(argv: Sequence[str]) -> int:
    parser = Parser("tar_layer", "Describes a tar (plain, gzip, zstd) as a layer of an image.")
    parser.add_argument("--tar", required=True, help="its first bytes tell the compression")
    parser.add_argument("--layer-out", required=True, help="output: layer.json")
    parser.add_argument("--part-out", required=True, help="output: part.json")
    parser.add_argument("--outline-out", help="output: part.json without digests and sizes")
    parser.add_argument("--inventory-out", help="output: inventory.json")
    parser.add_argument("--label", required=True, help="names the layer in errors")
    parser.add_argument("--created-by", help="text for the image's history; by default the label")
    args = parser.parse_args(argv)

    with open(args.tar, "rb") as source, error_context(args.tar):
        tar = read_tar_part(source, args.label, _LIMIT_HINT)
    blob = tar.part.blob
    layer = Layer(
        descriptor=Descriptor(
            LAYERS[blob.compression], Digest(f"sha256:{blob.sha256}"), blob.size, {}
        ),
        diff_id=Digest(f"sha256:{tar.uncompressed_sha256}"),
        created=tar.part.newest_mtime,
        created_by=args.created_by or args.label,
    )
    paths = [args.layer_out, args.part_out, args.outline_out, args.inventory_out]
    with atomic_writes([path for path in paths if path]) as (layer_out, part_out, *outs):
        write_layer(layer, layer_out)
        write_part(tar.part, part_out)
        if args.outline_out:
            write_part(tar.part.outline(), outs.pop(0))
        if args.inventory_out:
            write_inventory(tar.inventory, outs.pop(0))
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
