"""The end of a zstd:chunked layer: skippable frames with the table of contents and tar-split data.

Source of the format: containers-storage-zstd-chunked(5), and the types that it refers to in
pkg/chunked of containers/storage. Decoders that do not know the format skip the frames (RFC 8878,
section 3.1.2), so the diff_id is that of the tar.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence

from tools.lib.archive.compress import compressor
from tools.lib.archive.tar_entry import END_OF_ARCHIVE
from tools.lib.cli.files import dump_json
from tools.lib.data.json_values import Json
from tools.lib.part.layer_entry import LayerEnd, LayerEntry, Piece
from tools.lib.part.table_of_contents import contents_entry
from tools.lib.part.tar_split import tar_split

_ANNOTATION = "io.github.containers.zstd-chunked."
_FRAME = struct.Struct("<2I")  # magic, size of the content
_SKIPPABLE = 0x184D2A50
# Offset, size and uncompressed size of the table, its type, the same three of the tar-split data.
_FOOTER = struct.Struct("<7Q8s")
_TYPE = 1
_MAGIC = b"GNUlInUx"


def zstd_chunked_end(entries: Sequence[LayerEntry], size: int) -> LayerEnd:
    """Ends a zstd:chunked layer. The arguments are those of `layer_end`."""
    compress = compressor("zstd:chunked")
    end = Piece(END_OF_ARCHIVE, compress(END_OF_ARCHIVE))
    split = tar_split(entries)
    stored_split = compress(split)
    contents = dump_json(
        {
            "version": 1,
            "entries": [fields for each in entries for fields in _contents_entries(each)],
            "tarSplitDigest": f"sha256:{hashlib.sha256(stored_split).hexdigest()}",
        }
    )
    stored_contents = compress(contents)
    offset = size + len(end.stored) + _FRAME.size
    place = (offset, len(stored_contents), len(contents), _TYPE)
    split_place = (offset + len(stored_contents) + _FRAME.size, len(stored_split), len(split))
    frames = (stored_contents, stored_split, _FOOTER.pack(*place, *split_place, _MAGIC))
    checksum = hashlib.sha256(stored_contents).hexdigest()
    return LayerEnd(
        (end, *(Piece(b"", _FRAME.pack(_SKIPPABLE, len(each)) + each) for each in frames)),
        {
            f"{_ANNOTATION}manifest-checksum": f"sha256:{checksum}",
            f"{_ANNOTATION}manifest-position": ":".join(map(str, place)),
            f"{_ANNOTATION}tarsplit-position": ":".join(map(str, split_place)),
        },
    )


def _contents_entries(entry: LayerEntry) -> list[Json]:
    """An entry, and one for each further chunk of its file."""
    first = contents_entry(entry.tar)
    if not entry.chunks:
        return [first]
    first["digest"] = f"sha256:{entry.sha256}"
    first["offset"] = entry.chunks[0].offset
    first["endOffset"] = entry.chunks[-1].offset + entry.chunks[-1].stored_size
    if len(entry.chunks) == 1:
        return [first]
    result = [first]
    result += [{"name": entry.tar.path, "type": "chunk"} for _ in entry.chunks[1:]]
    position = 0
    for fields, chunk in zip(result, entry.chunks, strict=True):
        fields["offset"] = chunk.offset
        fields["chunkSize"] = chunk.size
        fields["chunkDigest"] = f"sha256:{chunk.sha256}"
        if position:
            fields["chunkOffset"] = position
        position += chunk.size
    return result
