"""From a finished tar to the description of the layer that it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import IO

from tools.lib.oci import LAYER, MAX_TIME, Descriptor, Digest, Layer
from tools.tar_layer.compression import decompressed, detect
from tools.tar_layer.tar_walk import BLOCK, Chunks, newest_mtime


def describe_tar(source: IO[bytes], label: str) -> Layer:
    """Describes a seekable file, read once from start to end.

    The architecture is None: a tar does not tell it. A ToolError, to be completed by the name of
    the file, if it is not a whole tar, plain or compressed by gzip or zstd.
    """
    compression = detect(source.read(BLOCK))
    source.seek(0)
    blob, content = hashlib.sha256(), hashlib.sha256()

    def hashed(chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            content.update(chunk)
            yield chunk

    chunks = decompressed(source, compression, blob.update if compression else _nothing)
    created = newest_mtime(Chunks(hashed(chunks)), MAX_TIME)
    diff_id = Digest(f"sha256:{content.hexdigest()}")
    digest = Digest(f"sha256:{blob.hexdigest()}") if compression else diff_id
    media_type = f"{LAYER}+{compression}" if compression else LAYER
    return Layer(Descriptor(media_type, digest, source.tell(), {}), diff_id, None, created, label)


def _nothing(data: bytes) -> None:
    pass
