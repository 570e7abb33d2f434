"""sbom: lists what an image consists of, as SPDX and CycloneDX."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Sequence
from dataclasses import replace

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import write_whole
from tools.lib.cli.flags import Parser
from tools.lib.oci.image import read_image
from tools.lib.part.inventory import Inventory, read_inventory
from tools.lib.part.part import Part
from tools.lib.rootfs.image_flags import add_image_flags, read_described_parts
from tools.sbom.bom import ImageBom, Supplier
from tools.sbom.catalog import catalog_image
from tools.sbom.cyclonedx import cyclonedx_document
from tools.sbom.spdx import spdx_document

_TITLE = "org.opencontainers.image.title"
_VENDOR = "org.opencontainers.image.vendor"
# Of an image that does not say when it was made; SPDX requires a time.
_EPOCH = "1970-01-01T00:00:00Z"


def main(argv: Sequence[str]) -> int:
    parser = Parser("sbom", "Lists what an image consists of, as SPDX 2.3 and CycloneDX 1.6.")
    parser.add_argument("--manifest", required=True, help="the image's manifest")
    parser.add_argument("--config", required=True, help="the image's config")
    parser.add_argument("--name", required=True, help="name of the image")
    parser.add_argument(
        "--prefer-title", action="store_true", help="take the title in its annotations instead"
    )
    parser.add_argument(
        "--supplier", default="", help="who distributes it, if no annotation says its vendor"
    )
    add_image_flags(parser)
    parser.add_argument(
        "--inventory",
        action="append",
        default=[],
        metavar="INVENTORY_JSON",
        help="the inventory of a part, in any order",
    )
    parser.add_argument("--spdx-out", required=True, help="output: SPDX 2.3, JSON")
    parser.add_argument("--cyclonedx-out", required=True, help="output: CycloneDX 1.6, JSON")
    args = parser.parse_args(argv)

    image = read_image(args.manifest, args.config)
    parts: list[Part] = []
    inventories: list[Inventory] = [read_inventory(path) for path in args.inventory]
    for part, inventory in read_described_parts(args):
        if inventory:
            # Its label is a path of this build, which must not be in the document.
            part = replace(part, label=f"layer sha256:{part.blob.sha256}")
            inventories.append(inventory)
        parts.append(part)
    catalog = catalog_image(parts, inventories)
    title = image.manifest.annotations.get(_TITLE) if args.prefer_title else None
    vendor = image.manifest.annotations.get(_VENDOR) or args.supplier
    bom = ImageBom(
        name=title or args.name,
        digest=image.descriptor().digest.removeprefix("sha256:"),
        architecture=image.platform.architecture,
        created=_utc(image.config.created),
        supplier=Supplier("Organization", vendor) if vendor else None,
        system=catalog.system,
        components=catalog.components,
        files=catalog.files,
    )
    write_whole({args.spdx_out: spdx_document(bom), args.cyclonedx_out: cyclonedx_document(bom)})
    return 0


def _utc(created: str) -> str:
    """A time of RFC 3339 as SPDX writes times, section 6.9: in UTC, in whole seconds."""
    if not created:
        return _EPOCH
    try:
        time = datetime.datetime.fromisoformat(created)
    except ValueError:
        raise ToolError(f"the config's created is not a time: {created!r:.80}") from None
    return time.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
