"""The entries of a layer, and what ends it, as types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from tools.lib.archive.tar_entry import TarEntry
from tools.lib.part.part import Chunk, PartDirectory, PartEntry


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a layer: what a reader of the tar gets, and what is stored for it."""

    uncompressed: bytes
    stored: bytes


@dataclass(frozen=True, slots=True)
class LayerEntry:
    """An entry of a layer.

    `tar` is what its header says. Of a file, `sha256` (hex) is the digest of the content, and the
    offsets of `chunks` are those in the layer.
    """

    tar: TarEntry
    sha256: str = ""
    chunks: tuple[Chunk, ...] = ()
    crc64: int = 0


@dataclass(frozen=True, slots=True)
class LayerEnd:
    """The last pieces of a layer, and the annotations of its descriptor."""

    pieces: tuple[Piece, ...]
    annotations: Mapping[str, str]


def directory_entries(directories: Iterable[PartDirectory]) -> Iterator[LayerEntry]:
    """The entries that `directory_headers` writes."""
    for each in directories:
        yield LayerEntry(
            TarEntry(each.path, "directory", each.mode, each.uid, each.gid, each.mtime)
        )


def blob_entries(entries: Iterable[PartEntry], offset: int) -> Iterator[LayerEntry]:
    """The entries of a part whose blob begins at `offset` of the layer."""
    for each in entries:
        yield LayerEntry(
            TarEntry(
                each.path,
                each.type,
                each.mode,
                each.uid,
                each.gid,
                each.mtime,
                each.size,
                each.link,
                each.xattrs,
                each.device,
            ),
            each.sha256,
            tuple(replace(chunk, offset=offset + chunk.offset) for chunk in each.chunks),
            each.crc64,
        )
