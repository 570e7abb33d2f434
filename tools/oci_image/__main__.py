"""Writes the config and the manifest of an image from the descriptions of its layers.

The images below it are described in the same way, down to the lowest, whose documents may be given
instead. Reads a few kB of metadata; no layer is opened.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import write_whole
from tools.lib.cli.flags import Parser
from tools.lib.oci.declarations import Declaration, add_flags, read_declarations
from tools.lib.oci.descriptor import digest_of
from tools.lib.oci.image import Image, parse_image, read_image
from tools.lib.oci.layer import Layer, read_layer
from tools.oci_image.image_builder import build


def main(argv: Sequence[str]) -> int:
    parser = Parser("oci_image", __doc__)
    parser.add_argument("--config-out", required=True)
    parser.add_argument("--manifest-out", required=True)
    parser.add_argument("--digest-out", required=True, help="sha256:... of the manifest")
    add_flags(parser)
    parser.add_argument("--base-manifest", default="", help="manifest of a base from elsewhere")
    parser.add_argument(
        "--layer",
        action="append",
        nargs=2,
        metavar=("NUMBER", "LAYER_JSON"),
        help="a layer of an image, counted from 0; bottom to top",
    )
    flags = parser.parse_args(argv)

    declarations = read_declarations(flags)
    if not declarations:
        raise ToolError("no image", "oci_image --help lists the flags")
    image = _read_base(flags, declarations[0].label)
    for number, declaration in enumerate(declarations):
        layers = [(path, read_layer(path)) for owner, path in flags.layer if owner == str(number)]
        image = _describe(declaration, layers, image)
    assert image
    write_whole(
        {
            flags.config_out: image.config_data,
            flags.manifest_out: image.manifest_data,
            flags.digest_out: digest_of(image.manifest_data).encode(),
        }
    )
    return 0


def _read_base(flags: Any, label: str) -> Image | None:
    """The image below all others, if there is one."""
    if bool(flags.base_config) != bool(flags.base_manifest):
        missing = "config" if flags.base_manifest else "manifest"
        raise ToolError(f"{label}: the base has no {missing}")
    return read_image(flags.base_manifest, flags.base_config) if flags.base_manifest else None


def _describe(
    declaration: Declaration, layers: Sequence[tuple[str, Layer]], base: Image | None
) -> Image:
    label, options = declaration
    try:
        config, manifest = build(options, layers, base)
    except ToolError as error:
        raise ToolError(f"{label}: {error.message}", error.hint) from None
    return parse_image(manifest, config, label, label)


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
