"""The outputs of a tool that makes a part: their flags and files."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

from tools.lib.archive.compress import KINDS
from tools.lib.cli.files import atomic_writes
from tools.lib.cli.flags import Parser
from tools.lib.part.inventory import write_inventory
from tools.lib.part.part import Origin
from tools.lib.part.part_json import write_part
from tools.lib.part.part_writer import PartWriter


def add_flags(parser: Parser) -> None:
    """Declares --*-out, --label, --compression and --origin-*."""
    parser.add_argument("--blob-out", required=True, help="output: the compressed tar entries")
    parser.add_argument("--part-out", required=True, help="output: part.json")
    parser.add_argument("--outline-out", help="output: part.json without digests and sizes")
    parser.add_argument("--inventory-out", help="output: inventory.json")
    parser.add_argument("--layer-out", help="output: layer.json; the blob is then a complete layer")
    parser.add_argument("--label", required=True, help="who made the part")
    parser.add_argument("--compression", choices=KINDS, default="gzip")
    parser.add_argument("--origin-url", default="", help="URL in the lock of what was downloaded")
    parser.add_argument("--origin-sha256", default="", help="the hash of the download, in hex")
    parser.add_argument("--origin-purl", default="", help="package URL of the software")
    parser.add_argument("--origin-cpe", default="", help="CPE 2.3 name of the software")


@contextlib.contextmanager
def part_writer(args: Any) -> Iterator[PartWriter]:
    """A writer to the files that the flags name; the block must close it.

    If the block raises, none of the files exists afterwards.
    """
    paths = [args.blob_out, args.part_out, args.outline_out, args.inventory_out, args.layer_out]
    with atomic_writes([path for path in paths if path]) as (blob_out, part_out, *outs):
        writer = PartWriter(blob_out, args.compression, whole=bool(args.layer_out))
        yield writer
        part = dataclasses.replace(writer.part, origin=_origin(args))
        write_part(part, part_out)
        if args.outline_out:
            write_part(part.outline(), outs.pop(0))
        if args.inventory_out:
            write_inventory(writer.inventory, outs.pop(0))
        if args.layer_out:
            from tools.lib.oci.layer import write_layer  # few parts are layers

            write_layer(writer.layer(), outs.pop(0))


def _origin(args: Any) -> Origin | None:
    origin = Origin(
        url=args.origin_url,
        sha256=args.origin_sha256,
        purl=args.origin_purl,
        cpe=args.origin_cpe,
    )
    return None if origin == Origin() else origin
