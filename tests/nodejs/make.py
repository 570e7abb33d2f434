"""make: writes an archive like those of nodejs.org."""

from __future__ import annotations

from collections.abc import Sequence

from tools.lib.cli.files import atomic_write
from tools.lib.cli.flags import Parser
from tools.node.testing import nodejs_org, packed, program


def main(argv: Sequence[str]) -> int:
    parser = Parser("make", "Makes an archive like those of nodejs.org.")
    parser.add_argument("--architecture", required=True, help="OCI's name of the architecture")
    parser.add_argument("--top", required=True, help="name of the directory in the archive")
    parser.add_argument("--output", required=True)
    args = parser.parse_args(argv)
    with atomic_write(args.output) as out:
        out.write(packed(*nodejs_org(args.top, program(args.architecture))))
    return 0
