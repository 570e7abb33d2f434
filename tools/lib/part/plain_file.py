"""Reads the usual entry of a part.json in half the time: a file of which nothing special is known.

Every action above the parts reads part.json, and most entries are such files.
"""

from __future__ import annotations

import re

from tools.lib.archive.tar_entry import MAX_TIME
from tools.lib.part.part import PartEntry

_KEYS = {"path", "type", "mode", "uid", "gid", "mtime", "size", "sha256"}
_MODE = re.compile("[0-7]{4}")


def parse_plain_file(value: object) -> PartEntry | None:
    """The entry, or None if it is another one, or invalid."""
    if not isinstance(value, dict) or value.keys() != _KEYS or value["type"] != "file":
        return None
    path, mode, sha256 = value["path"], value["mode"], value["sha256"]
    uid, gid, size, mtime = value["uid"], value["gid"], value["size"], value["mtime"]
    if (
        type(path) is type(mode) is type(sha256) is str
        and type(uid) is type(gid) is type(size) is type(mtime) is int
        and min(uid, gid, size, mtime) >= 0
        and max(uid, gid, size, mtime) <= MAX_TIME
        and _MODE.fullmatch(mode)
    ):
        return PartEntry(
            path=path,
            type="file",
            mode=int(mode, 8),
            uid=uid,
            gid=gid,
            mtime=mtime,
            size=size,
            sha256=sha256,
        )
    return None
