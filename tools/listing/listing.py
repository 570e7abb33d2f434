"""A layer's content as lines that are short, stable and easy to compare.

One entry a line, as JSON in ASCII, sorted by path (bytes). A `uid` or `gid` of 0 is left out, and a
file's sha256 is cut to its first 16 digits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.data.json_values import Json
from tools.lib.part.merge import merge_directories
from tools.lib.part.part import Part, PartDirectory, PartEntry
from tools.lib.part.part_json import encode_xattrs

_DIGITS = 16


def listing_lines(parts: Sequence[Part], base_parts: Sequence[Part] = ()) -> Iterator[bytes]:
    """The lines of a layer.

    Args:
        parts: what the layer is made of.
        base_parts: what the layers below are made of.

    Raises:
        ToolError: the parts conflict.
    """
    entries: list[PartDirectory | PartEntry] = [*merge_directories(parts, base_parts)]
    entries += (entry for part in parts for entry in part.entries)
    for entry in sorted(entries, key=lambda entry: path_bytes(entry.path)):
        yield json.dumps(_line(entry), separators=(",", ":")).encode() + b"\n"


def _line(entry: PartDirectory | PartEntry) -> Json:
    """The fields of a line in their order; what an ELF file needs follows from its digest."""
    fields: Json = {
        "path": entry.path,
        "type": entry.type if isinstance(entry, PartEntry) else "directory",
        "mode": f"{entry.mode:04o}",
    }
    if entry.uid:
        fields["uid"] = entry.uid
    if entry.gid:
        fields["gid"] = entry.gid
    fields["mtime"] = entry.mtime
    if isinstance(entry, PartEntry):
        if entry.type == "file":
            fields |= {"size": entry.size, "sha256": entry.sha256[:_DIGITS]}
        elif entry.type in ("symlink", "hardlink"):
            fields["link"] = entry.link
        elif entry.type in ("char", "block"):
            fields["major"], fields["minor"] = entry.device
    if entry.xattrs:
        fields["xattrs"] = encode_xattrs(entry.xattrs)
    return fields
