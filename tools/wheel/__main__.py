"""wheel: unpacks a wheel into a directory, as `site-packages` has it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import run
from tools.lib.cli.flags import Parser
from tools.wheel.archive import Wheel


def main(argv: Sequence[str]) -> int:
    parser = Parser("wheel", "Unpacks a wheel.")
    parser.add_argument("--wheel", required=True, help="the wheel")
    parser.add_argument("--directory-out", required=True, help="output: absent, or empty")
    args = parser.parse_args(argv)

    with open(args.wheel, "rb") as source, error_context(args.wheel):
        wheel = Wheel(source)
        for file in wheel.files():
            path = os.path.join(args.directory_out, file.place)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "xb") as out:
                out.writelines(wheel.content(file))
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
