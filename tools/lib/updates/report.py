"""What an update changes, as text, as JSON, and as Markdown for a pull request."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from tools.lib.data.json_values import Json
from tools.lib.updates.change import Change

VERSION = 1
# Names of images and CVEs in a line.
_MAX_NAMES = 12
_MAX_CVES = 20
_CVE_URL = "https://security-tracker.debian.org/tracker"
_TITLES = {
    "bazelw": "Private root of bazelw",
    "temurin": "Eclipse Temurin",
    "nodejs": "Node.js",
    "pip": "Python packages of the tools",
}


def text_report(changes: Sequence[Change], images: Mapping[str, Sequence[str]]) -> list[str]:
    """Lines for a terminal, by lock.

    Args:
        changes: sorted by lock.
        images: by distribution, all of its images.
    """
    lines = []
    for lock, group in groupby(changes, key=lambda each: each.lock):
        own = list(group)
        lines.append(f"{lock}: {_count(len(own), 'package')}")
        for change in own:
            lines.append(f"  {_versions(change)}{_architectures(change)}")
            lines += [f"    {line}" for line in _details(change, images)]
    return lines


def delay_report(
    changes: Sequence[Change], images: Mapping[str, Sequence[str]], today: datetime.date
) -> list[str]:
    """Lines for a terminal, the longest delay first; what has no known date comes last."""
    lines = []
    for change in sorted(changes, key=lambda each: (each.date is None, each.date or today)):
        days = _count((today - change.date).days, "day") if change.date else "-"
        lines.append(f"{days:>9}  {change.lock}: {_versions(change)}{_architectures(change)}")
        lines += [f"{'':11}{line}" for line in _details(change, images)]
    return lines


def _details(change: Change, images: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What it means for the user: the images, and what is fixed."""
    if change.images:
        yield f"images: {', '.join(_summary(change.images, images))}"
    if fixes := _fixes(change):
        yield f"fixes: {', '.join(fixes)}"


def json_report(changes: Sequence[Change], notes: Sequence[str]) -> Json:
    """The same as an object; docs/updates.md describes it."""
    return {
        "version": VERSION,
        "changes": [
            {
                "lock": each.lock,
                "package": each.package,
                "old": each.old or None,
                "new": each.new or None,
                "architectures": list(each.architectures),
                "date": each.date.isoformat() if each.date else None,
                "images": list(each.images),
                "cves": list(each.cves),
                "security": each.security or bool(each.cves),
            }
            for each in changes
        ],
        "notes": list(notes),
    }


def markdown_report(
    changes: Sequence[Change], notes: Sequence[str], images: Mapping[str, Sequence[str]]
) -> str:
    """The body of a pull request."""
    lines = [_headline(changes)]
    for lock, group in groupby(changes, key=lambda each: each.lock):
        lines += [
            "",
            f"### {_title(lock)}",
            "",
            "| package | locked | new | images | fixes |",
            "| --- | --- | --- | --- | --- |",
        ]
        for change in group:
            cells = (
                f"{change.package}{_architectures(change)}",
                _code(change.old) or "(not locked)",
                _code(change.new) or "(no longer needed)",
                ", ".join(_summary(change.images, images)),
                ", ".join(_fixes(change, link=True)),
            )
            lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    if notes:
        lines += ["", "### Notes", "", "```", *notes, "```"]
    return "\n".join(lines) + "\n"


def _headline(changes: Sequence[Change]) -> str:
    cves = {cve for change in changes for cve in change.cves}
    images = {image.partition(":")[0] for change in changes for image in change.images}
    if not changes:
        return "Nothing newer can be locked."
    return (
        f"Newer versions of {_count(len(changes), 'package')}, in {_count(len(images), 'image')};"
        f" {_count(len(cves), 'CVE')} fixed."
    )


def _title(lock: str) -> str:
    number = lock.removeprefix("debian")
    return f"Debian {number}" if number != lock else _TITLES.get(lock, lock)


def _versions(change: Change) -> str:
    if not change.old:
        return f"{change.package} {change.new} (new)"
    if not change.new:
        return f"{change.package} {change.old} (no longer needed)"
    return f"{change.package} {change.old} -> {change.new}"


def _architectures(change: Change) -> str:
    return "" if change.everywhere else f" ({', '.join(change.architectures)})"


def _fixes(change: Change, *, link: bool = False) -> list[str]:
    cves = [f"[{cve}]({_CVE_URL}/{cve})" if link else cve for cve in change.cves[:_MAX_CVES]]
    if len(change.cves) > _MAX_CVES:
        cves.append(f"and {len(change.cves) - _MAX_CVES} more")
    return cves or (["security release"] if change.security else [])


def _summary(names: Sequence[str], images: Mapping[str, Sequence[str]]) -> list[str]:
    """The names; `all of debian12` for all of a distribution."""
    left = list(names)
    found = []
    for distribution, every in sorted(images.items()):
        for suffix in ("", ":debug"):
            wanted = {f"{name}{suffix}" for name in every}
            if len(wanted) > 1 and wanted <= set(left):
                found.append(f"all of {distribution}{suffix}")
                left = [name for name in left if name not in wanted]
    found += left[:_MAX_NAMES]
    if len(left) > _MAX_NAMES:
        found.append(f"and {len(left) - _MAX_NAMES} more")
    return found


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
