"""Writes the index of images for several platforms. Reads manifests and configs only."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import write_whole
from tools.lib.cli.flags import Parser
from tools.lib.oci.documents import digest_of, read_image
from tools.oci_index.core import build


def main(argv: Sequence[str]) -> int:
    parser = Parser("oci_index", "Writes the index of images for several platforms.")
    parser.add_argument("--manifest", action="append", default=[], help="an image's manifest")
    parser.add_argument("--config", action="append", default=[], help="the config of the same one")
    parser.add_argument("--annotation", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--index-out", required=True)
    parser.add_argument("--digest-out", required=True, help="sha256:... of the index")
    flags = parser.parse_args(argv)

    if len(flags.manifest) != len(flags.config):
        raise ToolError(f"{len(flags.manifest)} --manifest, but {len(flags.config)} --config")
    annotations = {}
    for text in flags.annotation:
        key, _, annotations[key] = text.partition("=")
        if not key:
            raise ToolError(f"--annotation {text!r:.80}: not KEY=VALUE")
    pairs = zip(flags.manifest, flags.config, strict=True)
    index = build([read_image(*pair) for pair in pairs], annotations)
    write_whole({flags.index_out: index, flags.digest_out: digest_of(index).encode()})
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
