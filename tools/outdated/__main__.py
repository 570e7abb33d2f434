"""Lists what is newer than what is locked, for how many days, and what that means.

    ./knife outdated [debian|nodejs|temurin|pip|bazelw]... [--json FILE]

Also lists images whose end of life is near. Writes no lock; docs/updates.md describes the output.
"""

from __future__ import annotations

import datetime
import sys
from collections.abc import Sequence

from tools.lib.cli.errors import run
from tools.lib.cli.replace import replace_files
from tools.lib.download.download import Downloader
from tools.lib.lifecycle.lifecycle import read_lifecycle
from tools.lib.lifecycle.near import near_end
from tools.lib.updates.collect import collect
from tools.lib.updates.dates import with_dates
from tools.lib.updates.options import parse_options
from tools.lib.updates.output import exit_status, print_report, report_files
from tools.lib.updates.report import delay_report


def main(argv: Sequence[str]) -> int:
    options = parse_options(argv, "outdated", "Lists what is newer than what is locked.")
    today = datetime.datetime.now(datetime.UTC).date()
    ends = near_end(read_lifecycle(), today)
    collected = collect(options)
    images = collected.catalog.images
    changes = with_dates(collected.changes, Downloader())
    notes = [*(f"lifecycle: {line}" for line in ends), *collected.notes]
    replace_files(report_files(options, changes, notes, images))
    print_report(delay_report(changes, images, today), notes)
    return exit_status(options, changes)


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
