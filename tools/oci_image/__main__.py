"""Writes the config and the manifest of an image from the descriptions of its layers.

Reads a few kB of metadata; no layer is opened.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import write_whole
from tools.lib.cli.flags import Parser
from tools.lib.oci.descriptor import digest_of
from tools.lib.oci.image import read_image
from tools.lib.oci.layer import read_layer
from tools.oci_image.image_builder import build
from tools.oci_image.options import FILE_FORMS, read_options


def main(argv: Sequence[str]) -> int:
    parser = Parser("oci_image", __doc__)
    parser.add_argument("--config-out", required=True)
    parser.add_argument("--manifest-out", required=True)
    parser.add_argument("--digest-out", required=True, help="sha256:... of the manifest")
    parser.add_argument("--base-config", default="")
    parser.add_argument("--base-manifest", default="")
    parser.add_argument("--layer", action="append", help="layer.json, bottom to top")
    parser.add_argument("--options", required=True, help="options.json")
    for option in FILE_FORMS:
        parser.add_argument(f"--{option.replace('_', '-')}-file", default="")
    parser.add_argument("--created-file", default="", help="contains an RFC 3339 time")
    parser.add_argument("--label", default="", help="names the image in errors")
    flags = parser.parse_args(argv)

    name = flags.label or flags.options
    files = {option: getattr(flags, f"{option}_file") for option in FILE_FORMS}
    options = read_options(flags.options, files, flags.created_file, name)
    if bool(flags.base_config) != bool(flags.base_manifest):
        missing = "config" if flags.base_manifest else "manifest"
        raise ToolError(f"{name}: the base has no {missing}")
    base = read_image(flags.base_manifest, flags.base_config) if flags.base_manifest else None
    layers = [(path, read_layer(path)) for path in flags.layer]
    try:
        config, manifest = build(options, layers, base)
    except ToolError as error:
        raise ToolError(f"{name}: {error.message}", error.hint) from None
    write_whole(
        {
            flags.config_out: config,
            flags.manifest_out: manifest,
            flags.digest_out: digest_of(manifest).encode(),
        }
    )
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
