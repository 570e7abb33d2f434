"""Takes the manifest and the config of an image out of an OCI image layout, to be a base."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cli.errors import run
from tools.lib.cli.files import write_whole
from tools.lib.cli.flags import Parser
from tools.lib.oci.descriptor import read_platform
from tools.lib.oci.layout import select_base, select_image


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
    parser.add_argument(
        "--platform",
        default="",
        help="target, OS/ARCHITECTURE[/VARIANT]: selects among several images",
    )
    parser.add_argument("--label", default="", help="names the layout in errors")
    flags = parser.parse_args(argv, _Flags)

    if flags.platform:
        image = select_base(flags.layout, read_platform(flags.platform), flags.label)
    else:
        image = select_image(flags.layout, None, flags.label)
    write_whole({flags.manifest_out: image.manifest_data, flags.config_out: image.config_data})
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
