"""Where a tool that makes a part writes it: the flags of all such tools, and the files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tools.lib.archive.compress import KINDS
from tools.lib.cli.files import atomic_writes, dump_json
from tools.lib.cli.flags import Parser
from tools.lib.part.part import PartWriter


def add_flags(parser: Parser) -> None:
    """Declares --run, --metadata, --label, --compression and --layer-out."""
    parser.add_argument("--run", required=True, help="output: the compressed tar entries")
    parser.add_argument("--metadata", required=True, help="output: part.json")
    parser.add_argument("--label", required=True, help="who made the part")
    parser.add_argument("--compression", choices=KINDS, default="gzip")
    parser.add_argument(
        "--layer-out", help="output: layer.json; what --run names is a whole layer then"
    )


@contextlib.contextmanager
def part_writer(args: Any) -> Iterator[PartWriter]:
    """A writer for what the flags name; the block closes it, and the files are there or none is."""
    whole = args.layer_out is not None
    paths = [args.run, args.metadata, *([args.layer_out] if whole else [])]
    with atomic_writes(paths) as (run, metadata, *layer):
        writer = PartWriter(run, args.compression, whole=whole)
        yield writer
        for out in layer:
            out.write(dump_json(writer.layer().to_json()))
        metadata.write(dump_json(writer.part))
