"""A layer's content as lines that are compact, stable, and made to be compared.

One entry a line, as JSON in ASCII, sorted by path (bytes). What is most usual is left out: `uid`
and `gid` of 0, and all but the first 16 digits of a file's sha256.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.part import merge
from tools.lib.part.part import Part

# In the order of the line. "elf" is derived from the bytes, which "sha256" covers.
_FIELDS = [
    "path",
    "type",
    "mode",
    "uid",
    "gid",
    "mtime",
    "size",
    "sha256",
    "link",
    "major",
    "minor",
    "xattrs",
]
_DIGITS = 16


def lines(parts: Sequence[Part], lower: Sequence[Part] = ()) -> Iterator[bytes]:
    """The lines of the layer that `parts` merge to, on layers of the parts `lower`.

    Raises:
        ToolError: the parts do not merge.
    """
    entries = [{**directory, "type": "directory"} for directory in merge.directories(parts, lower)]
    entries += [entry for part in parts for entry in part["entries"]]
    for entry in sorted(entries, key=lambda entry: path_bytes(entry["path"])):
        shown = {key: entry[key] for key in _FIELDS if key in entry}
        for key in ("uid", "gid"):
            if not shown[key]:
                del shown[key]
        if "sha256" in shown:
            shown["sha256"] = shown["sha256"][:_DIGITS]
        yield json.dumps(shown, separators=(",", ":")).encode() + b"\n"
