"""What `./knife update` and `./knife outdated` write and print."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from tools.lib.updates.change import Change
from tools.lib.updates.options import Options
from tools.lib.updates.report import json_report, markdown_report


def report_files(
    options: Options,
    changes: Sequence[Change],
    notes: Sequence[str],
    images: Mapping[str, Sequence[str]],
) -> dict[str, bytes]:
    """The reports that the options name, by path.

    Args:
        options: of the command line.
        changes: sorted by lock.
        notes: lines for the user.
        images: by distribution, all of its images.
    """
    reports = {}
    if options.json:
        text = json.dumps(json_report(changes, notes), indent=1, ensure_ascii=False)
        reports[options.json] = text.encode() + b"\n"
    if options.markdown:
        reports[options.markdown] = markdown_report(changes, notes, images).encode()
    return reports


def print_report(lines: Iterable[str], notes: Iterable[str]) -> None:
    """Prints what changes, a line each, and notes. Lines that continue a note are indented."""
    empty = True
    for line in lines:
        print(line)
        empty = False
    for note in notes:
        print(f"note: {note}" if not note.startswith(" ") else note)
    if empty:
        print("nothing newer can be locked")


def exit_status(options: Options, changes: Sequence[Change]) -> int:
    """1 if `--check` finds changes."""
    return 1 if options.check and changes else 0
