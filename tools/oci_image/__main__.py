"""Writes the config and the manifest of an image from its layers' descriptions and its options.

Reads metadata only, a few kB; no layer is opened.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import write_whole
from tools.lib.cli.flags import Parser
from tools.lib.oci.documents import digest_of, read_image
from tools.lib.oci.layer import read_layer
from tools.oci_image.core import build
from tools.oci_image.settings import FILE_FORMS, read_settings


def main(argv: Sequence[str]) -> int:
    parser = Parser("oci_image", "Writes the config and the manifest of an image.")
    parser.add_argument("--config-out", required=True)
    parser.add_argument("--manifest-out", required=True)
    parser.add_argument("--digest-out", required=True, help="sha256:... of the manifest")
    parser.add_argument("--base-config", default="")
    parser.add_argument("--base-manifest", default="")
    parser.add_argument("--layer", action="append", default=[], help="layer.json, bottom to top")
    parser.add_argument("--options", required=True, help="JSON object of rules_oci's options")
    for name in FILE_FORMS:
        parser.add_argument(f"--{name.replace('_', '-')}-file", default="", help=f"{name}")
    parser.add_argument("--created-file", default="", help="a time, RFC 3339")
    parser.add_argument("--label", default="", help="names the image in errors")
    flags = parser.parse_args(argv)

    settings = read_settings(
        flags.options,
        {name: path for name in FILE_FORMS if (path := getattr(flags, f"{name}_file"))},
        flags.created_file,
    )
    if bool(flags.base_config) != bool(flags.base_manifest):
        missing = "config" if flags.base_manifest else "manifest"
        raise ToolError(
            f"the base {flags.base_config or flags.base_manifest} comes without a {missing}",
            f"--base-{missing} FILE",
        )
    base = read_image(flags.base_manifest, flags.base_config) if flags.base_manifest else None
    layers = [(path, read_layer(path)) for path in flags.layer]
    try:
        config, manifest = build(settings, layers, base)
    except ToolError as error:
        raise ToolError(f"{flags.label or flags.options}: {error.message}", error.hint) from None
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
