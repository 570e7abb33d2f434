"""vex: says which vulnerabilities do not affect an image, as OpenVEX."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cli.errors import run
from tools.lib.cli.files import write_whole
from tools.lib.cli.flags import Parser
from tools.vex.image_sbom import parse_sbom
from tools.vex.openvex import openvex_document
from tools.vex.statements import parse_statements


def main(argv: Sequence[str]) -> int:
    parser = Parser("vex", "Says which vulnerabilities do not affect an image, as OpenVEX 0.2.0.")
    parser.add_argument("--spdx", required=True, help="the image's SBOM")
    parser.add_argument("--statements", required=True, help="the statements, YAML")
    parser.add_argument("--author", required=True, help="who says so")
    parser.add_argument(
        "--image-name",
        action="append",
        default=[],
        metavar="NAME",
        help="a repository of the image, without its registry",
    )
    parser.add_argument("--vex-out", required=True, help="output: OpenVEX, JSON")
    args = parser.parse_args(argv)

    statements = parse_statements(_read(args.statements), args.statements)
    # It lists the files of the image, so its size has no fixed bound.
    image = parse_sbom(_read(args.spdx), args.spdx)
    document = openvex_document(image, statements, args.author, args.image_name)
    write_whole({args.vex_out: document})
    return 0


def _read(path: str) -> bytes:
    with open(path, "rb") as source:
        return source.read()


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
