"""merge_layer: joins parts to one layer of an image, by copying their compressed runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.archive.compress import KINDS, compressor
from tools.lib.archive.tar_entry import END_OF_ARCHIVE
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_writes, dump_json
from tools.lib.cli.flags import Parser
from tools.lib.oci.documents import LAYERS, Descriptor, Layer
from tools.lib.part import merge
from tools.lib.part import reader as metadata
from tools.lib.part.part import Part, directory_entries, owner
from tools.oci_layer.blob import Blob, Run


def main(argv: Sequence[str]) -> int:
    parser = Parser("merge_layer", "Joins parts to one layer; their order is that of the layer.")
    parser.add_argument(
        "--part", nargs=2, action="append", default=[], metavar=("METADATA", "RUN"), help="a part"
    )
    parser.add_argument(
        "--lower", action="append", default=[], metavar="METADATA", help="a part in a layer below"
    )
    parser.add_argument("--output", required=True, help="output: the layer's blob")
    parser.add_argument("--layer-out", required=True, help="output: layer.json")
    parser.add_argument("--label", required=True, help="who made the layer")
    parser.add_argument("--created-by", help="text for the image's history; by default the label")
    parser.add_argument("--compression", choices=KINDS, default="gzip")
    args = parser.parse_args(argv)

    parts = [metadata.read(path) for path, _ in args.part]
    lower = [metadata.read(path) for path in args.lower]
    merge.specific([*lower, *parts])
    specific = merge.specific(parts)
    directories = directory_entries(merge.directories(parts, lower))
    compress = compressor(args.compression)
    with atomic_writes([args.output, args.layer_out]) as (out, description):
        blob = Blob(out, args.compression)
        if directories:
            blob.add(directories, compress(directories))
        for part, (_, path) in zip(parts, args.part, strict=True):
            blob.copy(_run(part, path, args.compression))
        blob.add(END_OF_ARCHIVE, compress(END_OF_ARCHIVE))
        layer = Layer(
            Descriptor(LAYERS[args.compression], blob.digest, blob.size, {}),
            blob.diff_id,
            specific["architecture"] if specific else None,
            merge.newest(parts),
            args.created_by or args.label,
            owner(specific) if specific else "",
        )
        description.write(dump_json(layer.to_json()))
    return 0


def _run(part: Part, path: str, compression: str) -> Run:
    run = part["run"]
    if run["compression"] != compression:
        raise ToolError(
            f"{owner(part)}: compression {run['compression']}, the layer's is {compression}",
            "make all parts of a layer with one --compression",
        )
    return Run(path, run["size"], run["uncompressed_size"], run["sha256"])


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
