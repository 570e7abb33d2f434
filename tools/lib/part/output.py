"""The outputs of a tool that makes a part: their flags and files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tools.lib.archive.compress import KINDS
from tools.lib.cli.files import atomic_writes
from tools.lib.cli.flags import Parser
from tools.lib.part.part_json import write_part
from tools.lib.part.part_writer import PartWriter


def add_flags(parser: Parser) -> None:
    """Declares --blob-out, --part-out, --layer-out, --label and --compression."""
    parser.add_argument("--blob-out", required=True, help="output: the compressed tar entries")
    parser.add_argument("--part-out", required=True, help="output: part.json")
    parser.add_argument("--layer-out", help="output: layer.json; the blob is then a complete layer")
    parser.add_argument("--label", required=True, help="who made the part")
    parser.add_argument("--compression", choices=KINDS, default="gzip")


@contextlib.contextmanager
def part_writer(args: Any) -> Iterator[PartWriter]:
    """A writer to the files that the flags name; the block must close it.

    If the block raises, none of the files exists afterwards.
    """
    is_layer = args.layer_out is not None
    paths = [args.blob_out, args.part_out, *([args.layer_out] if is_layer else [])]
    with atomic_writes(paths) as (blob_out, part_out, *layer_outs):
        writer = PartWriter(blob_out, args.compression, whole=is_layer)
        yield writer
        if layer_outs:
            from tools.lib.oci.layer import write_layer  # few parts are layers

            write_layer(writer.layer(), layer_outs[0])
        write_part(writer.part, part_out)
