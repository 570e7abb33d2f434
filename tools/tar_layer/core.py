"""From a finished tar to the description of the layer that it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import IO

from tools.lib.archive.decompress import SUFFIXES, Observed, chunks, detect
from tools.lib.archive.tar_entry import MAX_TIME
from tools.lib.oci.documents import LAYERS, Descriptor, Digest
from tools.lib.oci.layer import Layer
from tools.tar_layer.tar_walk import BLOCK, Chunks, newest_mtime


def describe_tar(source: IO[bytes], label: str) -> Layer:
    """Describes a seekable file, read once from start to end.

    The architecture is None: a tar does not tell it. A ToolError, to be completed by the name of
    the file, if it is not a whole tar, plain or compressed by gzip or zstd, or has a path twice.
    """
    compression = detect(source.read(BLOCK))
    source.seek(0)
    blob, content = hashlib.sha256(), hashlib.sha256()
    is_plain = compression == "none"  # then one hash is the other

    def hashed() -> Iterator[bytes]:
        observed = source if is_plain else Observed(source, blob.update)
        for chunk in chunks(observed, SUFFIXES[compression]):
            content.update(chunk)
            yield chunk

    created = newest_mtime(Chunks(hashed()), MAX_TIME)
    diff_id = Digest(f"sha256:{content.hexdigest()}")
    digest = diff_id if is_plain else Digest(f"sha256:{blob.hexdigest()}")
    descriptor = Descriptor(LAYERS[compression], digest, source.tell(), {})
    return Layer(descriptor=descriptor, diff_id=diff_id, created=created, created_by=label)
