"""Writes the index of images for several platforms. Reads manifests and configs only."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import write_whole
from tools.lib.cli.flags import Parser
from tools.lib.data.json_values import parse_object, read_document, require_string_map
from tools.lib.oci.descriptor import digest_of
from tools.lib.oci.image import read_image
from tools.oci_index.index_builder import build


class _Flags:
    manifest: list[str]
    config: list[str]
    annotations: str
    index_out: str
    digest_out: str


def main(argv: Sequence[str]) -> int:
    parser = Parser("oci_index", __doc__)
    parser.add_argument("--manifest", action="append", help="of an image")
    parser.add_argument("--config", action="append", help="of the image of the same position")
    parser.add_argument("--annotations", metavar="FILE", default="", help="a JSON object")
    parser.add_argument("--index-out", required=True)
    parser.add_argument("--digest-out", required=True, help="sha256:... of the index")
    flags = parser.parse_args(argv, _Flags)

    if len(flags.manifest) != len(flags.config):
        raise ToolError(f"{len(flags.manifest)} manifests, but {len(flags.config)} configs")
    pairs = zip(flags.manifest, flags.config, strict=True)
    annotations = _read_annotations(flags.annotations) if flags.annotations else {}
    index = build([read_image(*pair) for pair in pairs], annotations).encode()
    write_whole({flags.index_out: index, flags.digest_out: digest_of(index).encode()})
    return 0


def _read_annotations(path: str) -> dict[str, str]:
    return require_string_map(parse_object(read_document(path), path), path)


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
