"""Reads layers without metadata: tars, and layers of images that were made elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tools.lib.cli.error_context import error_context
from tools.lib.data.json_values import read_document
from tools.lib.oci.layout import find_blob, verify_blob
from tools.lib.oci.manifest import parse_manifest
from tools.lib.part.tar_part import TarPart, read_tar_part


def read_tar(path: str) -> TarPart:
    """Reads a tar, plain or compressed with gzip or zstd.

    Raises:
        ToolError: it is not a complete tar.
    """
    with open(path, "rb") as source, error_context(path):
        return read_tar_part(source, path)


def read_layout(manifest: str, layouts: Sequence[str]) -> Iterator[TarPart]:
    """Yields the layers of an image's manifest that are in OCI layouts, bottom to top."""
    for layer in parse_manifest(read_document(manifest), manifest).layers:
        if path := find_blob(layouts, layer.digest):
            verify_blob(path, layer)
            yield read_tar(path)
