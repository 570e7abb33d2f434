"""Tables of contents of chunked layers, as far as eStargz and zstd:chunked agree.

Source of the format: stargz-snapshotter's docs/estargz.md, "TOC and TOCEntries".
"""

from __future__ import annotations

import time

from tools.lib.archive.tar_entry import EntryType, TarEntry
from tools.lib.data.json_values import Json
from tools.lib.part.part_json import encode_xattrs

_TYPES: dict[EntryType, str] = {
    "directory": "dir",
    "file": "reg",
    "symlink": "symlink",
    "hardlink": "hardlink",
    "char": "char",
    "block": "block",
    "fifo": "fifo",
}


def contents_entry(entry: TarEntry) -> Json:
    """An entry of a table of contents. Numbers that are 0 are left out."""
    fields: Json = {
        "name": f"{entry.path}/" if entry.type == "directory" else entry.path,
        "type": _TYPES[entry.type],
        "modtime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(entry.mtime)),
    }
    numbers = {
        "mode": entry.mode,
        "uid": entry.uid,
        "gid": entry.gid,
        "size": entry.size,
        "devMajor": entry.device[0],
        "devMinor": entry.device[1],
    }
    fields |= {name: number for name, number in numbers.items() if number}
    if entry.link:
        fields["linkName"] = entry.link
    if entry.xattrs:
        fields["xattrs"] = encode_xattrs(entry.xattrs)
    return fields
