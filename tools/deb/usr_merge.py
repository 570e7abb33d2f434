"""Moves what a package has in /bin, /sbin and /lib* below /usr, where a merged /usr has it.

Debian 13 is merged: base-files has /bin and the others as links into /usr, so no package may have
them as directories. Source: Debian's DEP 17.
"""

from __future__ import annotations

from dataclasses import replace

from tools.lib.archive.tar_entry import TarEntry
from tools.lib.debian.merged_usr import MERGED_USR_DIRECTORIES
from tools.lib.rootfs.links import target_of


def move_path(path: str) -> str:
    """Returns the path in a merged /usr of what a package has at `path`."""
    return f"usr/{path}" if path.partition("/")[0] in MERGED_USR_DIRECTORIES else path


def move_entry(entry: TarEntry) -> TarEntry | None:
    """Returns the entry as a merged /usr has it; None for a symlink that would lead to itself."""
    if entry.type == "symlink":
        return _move_symlink(entry)
    link = move_path(entry.link) if entry.type == "hardlink" else entry.link
    return replace(entry, path=move_path(entry.path), link=link)


def _move_symlink(entry: TarEntry) -> TarEntry | None:
    if "/" not in entry.path:
        return entry  # base-files' own /bin -> usr/bin
    path = move_path(entry.path)
    target = target_of(entry.path, entry.link)
    if target is None:
        return replace(entry, path=path)  # leads out of the root; the plan reports it
    moved_target = move_path(target)
    if moved_target == path:
        return None  # such as /bin/x -> /usr/bin/x, for systems of either kind
    keeps_meaning = (
        path == entry.path
        or entry.link.startswith("/")
        or target_of(path, entry.link) == moved_target
    )
    link = entry.link if keeps_meaning else _relative_link(path, moved_target)
    return replace(entry, path=path, link=link)


def _relative_link(path: str, target: str) -> str:
    here, there = path.split("/")[:-1], target.split("/")
    common = 0
    while common < min(len(here), len(there) - 1) and here[common] == there[common]:
        common += 1
    return "/".join([".."] * (len(here) - common) + there[common:])
