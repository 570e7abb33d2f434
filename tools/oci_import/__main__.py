"""Takes the manifest and the config of an image out of an OCI image layout, to be a base."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cli.errors import run
from tools.lib.cli.files import write_whole
from tools.lib.cli.flags import Parser
from tools.lib.oci.descriptor import read_platform
from tools.lib.oci.layout import select_image


class _Flags:
    layout: str
    manifest_out: str
    config_out: str
    platform: str
    label: str


def main(argv: Sequence[str]) -> int:
    parser = Parser("oci_import", __doc__)
    parser.add_argument("--layout", required=True, help="the directory")
    parser.add_argument("--manifest-out", required=True)
    parser.add_argument("--config-out", required=True)
    parser.add_argument("--platform", default="", help="OS/ARCHITECTURE[/VARIANT] of the image")
    parser.add_argument("--label", default="", help="names the layout in errors")
    flags = parser.parse_args(argv, _Flags)

    platform = read_platform(flags.platform) if flags.platform else None
    image = select_image(flags.layout, platform, flags.label)
    write_whole({flags.manifest_out: image.manifest_data, flags.config_out: image.config_data})
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
