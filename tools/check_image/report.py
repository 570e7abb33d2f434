"""The report of an image that passes its checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.check_image.waivers import WaiverUse
from tools.lib.cli.files import write_json

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was checked, in numbers, and what the waivers cover. By default nothing was."""

    architecture: str = ""
    part_count: int = 0
    entry_count: int = 0
    elf_count: int = 0
    waivers: Sequence[WaiverUse] = ()


def write_report(report: Report, path: str) -> None:
    """Writes report.json."""
    value = {
        "version": VERSION,
        "architecture": report.architecture,
        "parts": report.part_count,
        "entries": report.entry_count,
        "elf_files": report.elf_count,
        "waivers": [
            {
                "check": each.waiver.check,
                "path": each.waiver.path,
                "subject": each.waiver.subject,
                "reason": each.waiver.reason,
                "covers": list(each.covers),
            }
            for each in report.waivers
        ],
    }
    write_json(path, value)
