"""Takes the newest versions of everything that is locked (docs/updates.md).

    ./knife update [debian|nodejs|temurin|pip|bazelw]... [--check] [--json FILE] [--markdown FILE]

All new locks are computed before the first is written. A run that fails or is interrupted changes
none.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from tools.lib.cli.errors import run
from tools.lib.cli.replace import replace_files
from tools.lib.updates.collect import collect
from tools.lib.updates.options import parse_options
from tools.lib.updates.report import json_report, markdown_report, text_report


def main(argv: Sequence[str]) -> int:
    options = parse_options(argv, "update", "Takes the newest versions of everything locked.")
    collected = collect(options)
    changes, images = collected.changes, collected.catalog.images
    reports = {}
    if options.json:
        value = json_report(changes, collected.notes)
        reports[options.json] = json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"
    if options.markdown:
        reports[options.markdown] = markdown_report(changes, collected.notes, images).encode()
    replace_files({**reports, **({} if options.check else collected.files)})
    for line in text_report(changes, images):
        print(line)
    for note in collected.notes:
        print(f"note: {note}" if not note.startswith(" ") else note)
    if not changes:
        print("everything that is locked is at its newest version")
    return 1 if options.check and changes else 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
