"""What ends a layer of a chunked compression: the index by which a client finds each file."""

from __future__ import annotations

from collections.abc import Sequence

from tools.lib.archive.compress import Compression
from tools.lib.cli.errors import ToolError
from tools.lib.part.layer_entry import LayerEnd, LayerEntry


def layer_end(
    compression: Compression, entries: Sequence[LayerEntry], size: int, uncompressed_size: int
) -> LayerEnd:
    """Indexes a layer of a chunked compression, and ends its tar.

    Args:
        compression: one of CHUNKED.
        entries: all entries of the layer, in its order.
        size: bytes stored so far.
        uncompressed_size: bytes of tar so far.

    Raises:
        ToolError: a name cannot be written to an index.
    """
    for each in entries:
        _check_name(each.tar.path, compression)
        _check_name(each.tar.link, compression)
    if compression == "estargz":
        from tools.lib.part.estargz import estargz_end

        return estargz_end(entries, size, uncompressed_size)
    from tools.lib.part.zstd_chunked import zstd_chunked_end

    return zstd_chunked_end(entries, size)


def _check_name(name: str, compression: Compression) -> None:
    """The indexes are JSON, which has text only."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ToolError(
            f"{name!r:.200}: the name is not UTF-8, which {compression} requires",
            "leave the file out, or set `compression` of the image to gzip or zstd",
        ) from None
