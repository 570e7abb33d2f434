"""The end of an eStargz layer: a landmark, the table of contents and the footer.

Source of the format: stargz-snapshotter's docs/estargz.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from tools.lib.archive.compress import compressor
from tools.lib.archive.tar_entry import END_OF_ARCHIVE, TarEntry, header, padding
from tools.lib.cli.files import dump_json
from tools.lib.data.json_values import Json
from tools.lib.part.layer_entry import LayerEnd, LayerEntry, Piece
from tools.lib.part.part import Chunk
from tools.lib.part.table_of_contents import contents_entry

_TOC_NAME = "stargz.index.json"
_TOC_DIGEST = "containerd.io/snapshot/stargz/toc.digest"
_UNCOMPRESSED_SIZE = "io.containers.estargz.uncompressed-size"

# Tells clients that no files are to be fetched before a container starts. Without a landmark they
# would fetch the first megabytes.
_LANDMARK = ".no.prefetch.landmark"
_LANDMARK_CONTENT = b"\x0f"


def estargz_end(entries: Sequence[LayerEntry], size: int, uncompressed_size: int) -> LayerEnd:
    """Ends an eStargz layer. The arguments are those of `layer_end`."""
    landmark = TarEntry(_LANDMARK, "file", 0o644, size=len(_LANDMARK_CONTENT))
    # The content of every file begins a member.
    start = _piece(header(landmark))
    content = _piece(_LANDMARK_CONTENT + padding(len(_LANDMARK_CONTENT)))
    sha256 = hashlib.sha256(_LANDMARK_CONTENT).hexdigest()
    chunk = Chunk(size + len(start.stored), len(content.stored), len(_LANDMARK_CONTENT), sha256)
    contents = dump_json(
        {
            "version": 1,
            "entries": [
                fields
                for each in (*entries, LayerEntry(landmark, sha256, (chunk,)))
                for fields in _contents_entries(each)
            ],
        }
    )
    toc = TarEntry(_TOC_NAME, "file", 0o644, size=len(contents))
    table = _piece(header(toc) + contents + padding(len(contents)) + END_OF_ARCHIVE)
    footer = Piece(b"", _footer(chunk.offset + len(content.stored)))
    pieces = (start, content, table, footer)
    total = uncompressed_size + sum(len(piece.uncompressed) for piece in pieces)
    return LayerEnd(
        pieces,
        {
            _TOC_DIGEST: f"sha256:{hashlib.sha256(contents).hexdigest()}",
            _UNCOMPRESSED_SIZE: str(total),
        },
    )


def _piece(data: bytes) -> Piece:
    return Piece(data, compressor("estargz")(data))


def _contents_entries(entry: LayerEntry) -> list[Json]:
    """An entry, and one for each further chunk of its file. The last chunk has no size."""
    first = contents_entry(entry.tar)
    if not entry.chunks:
        return [first]
    first["digest"] = f"sha256:{entry.sha256}"
    result = [first]
    result += [{"name": entry.tar.path, "type": "chunk"} for _ in entry.chunks[1:]]
    position = 0
    for fields, chunk in zip(result, entry.chunks, strict=True):
        fields["offset"] = chunk.offset
        fields["chunkDigest"] = f"sha256:{chunk.sha256}"
        if position:
            fields["chunkOffset"] = position
        if chunk is not entry.chunks[-1]:
            fields["chunkSize"] = chunk.size
        position += chunk.size
    return result


def _footer(toc_offset: int) -> bytes:
    """An empty gzip member whose extra field says where the table of contents begins."""
    field = b"%016xSTARGZ" % toc_offset
    extra = b"SG" + len(field).to_bytes(2, "little") + field
    return b"".join(
        (
            b"\x1f\x8b\x08\x04" + bytes(5) + b"\xff",  # deflate, an extra field, no time, no system
            len(extra).to_bytes(2, "little"),
            extra,
            b"\x01\x00\x00\xff\xff",  # the last block, stored, of 0 bytes
            bytes(8),  # checksum and size of nothing
        )
    )
