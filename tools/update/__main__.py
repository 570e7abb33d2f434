"""Takes the newest versions of everything that is locked (docs/updates.md).

    ./knife update [debian|nodejs|temurin|pip|bazelw]... [--check] [--json FILE] [--markdown FILE]

All new locks are computed before the first is written. A run that fails or is interrupted changes
none.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cli.errors import run
from tools.lib.cli.replace import replace_files
from tools.lib.updates.collect import collect
from tools.lib.updates.options import parse_options
from tools.lib.updates.output import exit_status, print_report, report_files
from tools.lib.updates.report import text_report


def main(argv: Sequence[str]) -> int:
    options = parse_options(argv, "update", "Takes the newest versions of everything locked.")
    collected = collect(options)
    changes, notes, images = collected.changes, collected.notes, collected.catalog.images
    locks = {} if options.check else collected.files
    replace_files({**report_files(options, changes, notes, images), **locks})
    print_report(text_report(changes, images), notes)
    return exit_status(options, changes)


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
