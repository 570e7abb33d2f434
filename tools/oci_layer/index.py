"""The index of a layer of a chunked compression, made from the metadata of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tools.lib.part.layer_end import layer_end
from tools.lib.part.layer_entry import blob_entries, directory_entries
from tools.lib.part.part import Part, PartDirectory
from tools.oci_layer.layer_writer import LayerWriter


def write_index(
    writer: LayerWriter,
    directories: Sequence[PartDirectory],
    parts: Sequence[Part],
    offsets: Sequence[int],
) -> Mapping[str, str]:
    """Ends a layer, and returns the annotations of its descriptor.

    Args:
        writer: has written the directories and then the blobs of the parts.
        directories: the directories of the layer.
        parts: its parts.
        offsets: where the blob of each part begins.
    """
    entries = [*directory_entries(directories)]
    for part, offset in zip(parts, offsets, strict=True):
        entries += blob_entries(part.entries, offset)
    end = layer_end(writer.compression, entries, writer.size, writer.uncompressed_size)
    for piece in end.pieces:
        writer.write(piece.uncompressed, piece.stored)
    return end.annotations
