"""Merged /usr: what a package has in /bin, /sbin and /lib* goes below /usr.

The directories themselves are links into /usr there, which base-files has. Source: Debian's DEP 17.
"""

from __future__ import annotations

from tools.lib.archive.tar_entry import Entry
from tools.lib.debian.merged_usr import MERGED_USR_DIRECTORIES
from tools.lib.rootfs.links import target_of


def place(path: str) -> str:
    """Where a path is, if it is no link of the root itself."""
    return f"usr/{path}" if path.partition("/")[0] in MERGED_USR_DIRECTORIES else path


def moved(entry: Entry) -> Entry | None:
    """The entry in its place; None for a link that would lead to itself there."""
    if entry.type == "symlink":
        return _moved_symlink(entry)
    link = place(entry.link) if entry.type == "hardlink" else entry.link
    return entry._replace(path=place(entry.path), link=link)


def _moved_symlink(entry: Entry) -> Entry | None:
    if "/" not in entry.path:
        return entry  # /bin itself, as base-files has it
    path = place(entry.path)
    to = target_of(entry.path, entry.link)
    if to is None:
        return entry._replace(path=path)  # out of the root: the planner's to judge
    wanted = place(to)
    if wanted == path:
        return None  # such as /bin/x -> /usr/bin/x, for systems of both kinds
    if path == entry.path or entry.link.startswith("/") or target_of(path, entry.link) == wanted:
        return entry._replace(path=path)
    return entry._replace(path=path, link=_relative(path, wanted))


def _relative(path: str, target: str) -> str:
    here, there = path.split("/")[:-1], target.split("/")
    common = 0
    while common < min(len(here), len(there) - 1) and here[common] == there[common]:
        common += 1
    return "/".join([".."] * (len(here) - common) + there[common:])
