"""oci_layer: joins parts to a layer, by copying their blobs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from tools.lib.archive.compress import CHUNKED, KINDS, compressor
from tools.lib.archive.tar_entry import END_OF_ARCHIVE
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_writes
from tools.lib.cli.flags import Parser
from tools.lib.oci.descriptor import LAYERS, Descriptor
from tools.lib.oci.layer import Layer, write_layer
from tools.lib.part.merge import merge_directories, newest_mtime, single_architecture
from tools.lib.part.part_json import read_part
from tools.lib.part.part_writer import directory_headers
from tools.lib.part.repeated import are_repeated
from tools.oci_layer.layer_writer import LayerWriter


def main(argv: Sequence[str]) -> int:
    parser = Parser("oci_layer", "Joins parts to a layer, in the order given.")
    parser.add_argument(
        "--part",
        nargs=2,
        action="append",
        default=[],
        metavar=("PART_JSON", "BLOB"),
        help="a part of the layer",
    )
    parser.add_argument(
        "--base-part",
        action="append",
        default=[],
        metavar="PART_JSON",
        help="a part of the layers below",
    )
    parser.add_argument("--blob-out", required=True, help="output: the layer")
    parser.add_argument("--layer-out", required=True, help="output: layer.json")
    parser.add_argument("--label", required=True, help="the target that made the layer")
    parser.add_argument("--created-by", help="text for the image's history; by default the label")
    parser.add_argument("--compression", choices=KINDS, default="gzip")
    args = parser.parse_args(argv)

    given = [(read_part(path), blob) for path, blob in args.part]
    base_parts = [read_part(path) for path in args.base_part]
    repeated = are_repeated([part for part, _ in given], base_parts)
    parts = [each for each, again in zip(given, repeated, strict=True) if not again]
    own_parts = [part for part, _ in parts]
    for part in own_parts:
        if part.blob.compression != args.compression:
            raise ToolError(
                f"{args.label}: {part.owner} is compressed with {part.blob.compression}, "
                f"the layer with {args.compression}",
                "build all parts of a layer with the same //rules:compression",
            )
    specific = single_architecture(own_parts, args.label, base_parts)
    merged = merge_directories(own_parts, base_parts)
    directories = directory_headers(merged)
    compress = compressor(args.compression)
    with atomic_writes([args.blob_out, args.layer_out]) as (blob_out, layer_out):
        writer = LayerWriter(blob_out, args.compression)
        if directories:
            writer.write(directories, compress(directories))
        offsets: list[int] = []
        for part, blob in parts:
            offsets.append(writer.size)
            writer.copy(blob, part.blob)
        annotations: Mapping[str, str] = {}
        if args.compression in CHUNKED:
            from tools.oci_layer.index import write_index  # few layers are chunked

            annotations = write_index(writer, merged, own_parts, offsets)
        else:
            writer.write(END_OF_ARCHIVE, compress(END_OF_ARCHIVE))
        layer = Layer(
            descriptor=Descriptor(
                LAYERS[args.compression], writer.digest, writer.size, annotations=annotations
            ),
            diff_id=writer.diff_id,
            architecture=specific.architecture if specific else None,
            architecture_owner=specific.owner if specific else "",
            created=newest_mtime(own_parts),
            created_by=args.created_by or args.label,
        )
        write_layer(layer, layer_out)
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
