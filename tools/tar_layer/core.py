"""Describes a finished tar as a layer of an image."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from tools.lib.archive.tar_entry import EntryType, path_bytes
from tools.lib.archive.tar_stream import TarStream
from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import LAYERS, Descriptor, Digest
from tools.lib.oci.layer import Layer


def describe_tar(source: BinaryIO, label: str) -> Layer:
    """Describes a seekable file, which is read once from start to end.

    The layer has no architecture, for a tar does not say it.

    Raises:
        ToolError: the file is no complete tar, plain or compressed with gzip or zstd, or a path
            occurs twice in it. The message lacks the name of the file.
    """
    tar = TarStream(source)
    paths = _Paths()
    created: int | None = None
    for member in tar.members():
        paths.add(member.entry.path, member.entry.type)
        created = max(created or 0, member.entry.mtime)
    digests = tar.digests()
    descriptor = Descriptor(
        LAYERS[tar.compression], Digest(f"sha256:{digests.compressed}"), digests.size, {}
    )
    return Layer(
        descriptor=descriptor,
        diff_id=Digest(f"sha256:{digests.uncompressed}"),
        created=created,
        created_by=label,
    )


class _Paths:
    """The paths so far. It keeps digests of them, so that large archives need little memory."""

    def __init__(self) -> None:
        self._types: dict[bytes, EntryType] = {}

    def add(self, path: str, kind: EntryType) -> None:
        """Raises a ToolError if the path occurred before, unless both are directories.

        Some runtimes keep the later entry, others fail, as for a hard link to itself.
        """
        digest = hashlib.blake2b(path_bytes(path), digest_size=16).digest()
        known = self._types.get(digest)
        if known is None:
            self._types[digest] = kind
        elif not known == kind == "directory":
            raise ToolError(f"{path}: duplicate entry", "remove one of them from the tar")
