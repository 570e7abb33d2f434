"""The flags by which a rule passes an image to a program: its documents and its layers."""

from __future__ import annotations

from collections.abc import Mapping

from tools.lib.cli.errors import ToolError
from tools.lib.cli.flags import Parser
from tools.lib.data.json_values import read_document
from tools.lib.oci.descriptor import INDEX, MANIFEST, Digest, describe
from tools.lib.oci.layer import read_layer
from tools.lib.registry.blob_source import BlobStore, Origin
from tools.lib.registry.content import (
    Content,
    LocalFiles,
    collect,
    files_by_digest,
    layout_root,
)


class ContentFlags:
    """The flags of `add_content_flags`."""

    index: str
    manifest: list[str]
    config: list[str]
    layer: list[list[str]]
    layout: list[str]
    label: str


def add_content_flags(parser: Parser) -> None:
    """Declares the flags. Without --index and --manifest, the image is that of the one --layout."""
    parser.add_argument("--index", default="", help="an image index")
    parser.add_argument("--manifest", action="append", help="of an image")
    parser.add_argument("--config", action="append", help="of an image")
    parser.add_argument(
        "--layer", action="append", nargs=2, metavar=("LAYER_JSON", "BLOB"), help="a layer"
    )
    parser.add_argument("--layout", action="append", help="an OCI image layout")
    parser.add_argument("--label", default="image", help="names the image in errors")


def read_content(
    flags: ContentFlags,
    origins: Mapping[Digest, Origin] | None = None,
    store: BlobStore | None = None,
) -> Content:
    """The image, with its blobs.

    Args:
        flags: name its files.
        origins: repositories that have blobs without a file.
        store: has the other blobs without a file.
    """
    if flags.index:
        root = describe(INDEX, read_document(flags.index))
    elif flags.manifest:
        root = describe(MANIFEST, read_document(flags.manifest[0]))
    elif len(flags.layout) == 1:
        root = layout_root(flags.layout[0])
    else:
        raise ToolError(f"{flags.label}: one of --index, --manifest and --layout is needed")
    documents = [*flags.manifest, *flags.config, *([flags.index] if flags.index else [])]
    layers = {read_layer(layer).descriptor.digest: blob for layer, blob in flags.layer}
    files = LocalFiles({**files_by_digest(documents), **layers}, flags.layout, origins or {}, store)
    return collect(root, files, flags.label)
