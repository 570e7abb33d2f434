"""The user that commands are on the host, which is never root if another is possible.

A command runs in a user namespace that maps one id: the image's user inside, this process's user
outside. If this process is root, the kernel would take the command for the host's root where it
asks for an id and not for a capability, as most files in /proc/sys do. So a run as root gives its
commands an id that nobody else uses.
"""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """A user and a group, as numbers of the user namespace that this process is in."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class IdRange:
    """Ids that are mapped in a user namespace."""

    first: int
    count: int


def spare_identity() -> Identity | None:
    """An identity for commands of this process, or None if they must share that of this process.

    Only root can use the identity of others, and only if its user namespace maps more than root.
    In Bazel's linux-sandbox there is just one id.
    """
    if os.geteuid() != 0:
        return None
    uid, gid = (spare_id(_ranges(f"/proc/self/{kind}_map"), os.getpid()) for kind in ("uid", "gid"))
    return None if uid is None or gid is None else Identity(uid, gid)


def spare_id(ranges: list[IdRange], seed: int) -> int | None:
    """An id from the upper half of the largest range, where systems have no accounts.

    Args:
        ranges: the mapped ids.
        seed: differs between processes, so that each gets an id of its own. It keeps the limit on a
            user's processes from being shared.
    """
    largest = max(ranges, key=lambda each: each.count, default=IdRange(0, 0))
    # bwrap writes ids as signed numbers.
    half = (min(largest.first + largest.count, 1 << 31) - largest.first) // 2
    # The last ids of 16 bits mean "nobody" and "unchanged" to some programs.
    choices = half - 3
    return largest.first + half + seed % choices if choices > 0 else None


def _ranges(path: str) -> list[IdRange]:
    """Reads a uid_map or gid_map (user_namespaces(7))."""
    try:
        with open(path, encoding="ascii") as file:
            rows = [line.split() for line in file]
    except OSError:
        return []
    return [IdRange(int(first), int(count)) for first, _, count in rows]
