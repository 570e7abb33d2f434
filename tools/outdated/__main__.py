"""Lists what is newer than what is locked, for how many days, and what that means.

    ./knife outdated [debian|nodejs|temurin|pip|bazelw]... [--json FILE]

Also lists images whose end of life is near. Writes no lock; docs/updates.md describes the output.
"""

from __future__ import annotations

import datetime
import json
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
from tools.lib.updates.report import delay_report, json_report, markdown_report


def main(argv: Sequence[str]) -> int:
    options = parse_options(argv, "outdated", "Lists what is newer than what is locked.")
    today = datetime.datetime.now(datetime.UTC).date()
    ends = near_end(read_lifecycle(), today)
    collected = collect(options)
    images = collected.catalog.images
    changes = with_dates(collected.changes, Downloader())
    notes = [*(f"lifecycle: {line}" for line in ends), *collected.notes]
    reports = {}
    if options.json:
        value = json_report(changes, notes)
        reports[options.json] = json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"
    if options.markdown:
        reports[options.markdown] = markdown_report(changes, notes, images).encode()
    replace_files(reports)
    for line in delay_report(changes, images, today):
        print(line)
    for note in notes:
        print(f"note: {note}" if not note.startswith(" ") else note)
    if not changes:
        print("everything that is locked is at its newest version")
    return 1 if options.check and changes else 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
