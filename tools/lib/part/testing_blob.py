"""Reads for tests the parts that tools write."""

from __future__ import annotations

import gzip
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tools.lib.archive.tar_entry import END_OF_ARCHIVE
from tools.lib.part.part import Part
from tools.lib.part.part_json import read_part


@dataclass(frozen=True, slots=True)
class WrittenPart:
    """A part, and its blob as Python's tarfile reads it: the headers and contents by path."""

    part: Part
    entries: dict[str, tarfile.TarInfo]
    contents: dict[str, bytes]


def read_written_part(blob: Path, part_json: Path) -> WrittenPart:
    """Reads a part whose blob is compressed by gzip."""
    archive = gzip.decompress(blob.read_bytes()) + END_OF_ARCHIVE
    entries: dict[str, tarfile.TarInfo] = {}
    contents: dict[str, bytes] = {}
    with tarfile.open(
        fileobj=io.BytesIO(archive), encoding="utf-8", errors="surrogateescape"
    ) as reader:
        for info in reader:
            assert info.name not in entries
            entries[info.name] = info
            source = reader.extractfile(info) if info.isreg() else None
            contents[info.name] = source.read() if source else b""
    return WrittenPart(read_part(str(part_json)), entries, contents)
