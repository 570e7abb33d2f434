"""Which blobs an OCI image layout consists of, and its index.json."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import Json, compact
from tools.lib.oci.documents import INDEX, Descriptor, Digest, Image, describe, parse_index

OCI_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
_REF_NAME = "org.opencontainers.image.ref.name"


class Layout(NamedTuple):
    """What a layout holds: its index.json, documents by digest, and the layers, each once."""

    index_json: bytes
    documents: dict[Digest, bytes]
    layers: list[Descriptor]


def plan(index: bytes | None, images: Sequence[Image], ref: str, where: str) -> Layout:
    """The content of a layout.

    Args:
        index: the index that names the images, or None for a layout of the one image.
        images: the images; those that the index does not name are left out.
        ref: the name of the layout's root, such as a tag; "" for none.
        where: names the index in errors.
    """
    by_digest = {image.descriptor().digest: image for image in images}
    documents: dict[Digest, bytes] = {}
    if index is None:
        if len(images) != 1:
            raise ToolError(f"{len(images)} images and no index", "give --index, or one image")
        root = images[0].descriptor()
        chosen = list(images)
    else:
        root = describe(INDEX, index, {})
        documents[root.digest] = index
        chosen = [_named(item, by_digest, where) for item in parse_index(index, where)]
    for image in chosen:
        documents[image.descriptor().digest] = image.manifest_data
        documents[image.manifest.config.digest] = image.config_data
    layers = {layer.digest: layer for image in chosen for layer in image.manifest.layers}
    if ref:
        root = root._replace(other={**root.other, "annotations": {_REF_NAME: _checked(ref)}})
    index_json: Json = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [root.to_json()]}
    return Layout(compact(index_json), documents, list(layers.values()))


def missing_blob(layer: Descriptor, images: Iterable[Image]) -> ToolError:
    """The error of a layer that nobody brought: its digest, and an image that needs it."""
    user = next(image.where for image in images if layer in image.manifest.layers)
    return ToolError(
        f"{user}: layer {layer.digest} is missing",
        "give its blob by --layer, or the layout that holds it by --layout",
    )


def _named(item: Descriptor, images: dict[Digest, Image], where: str) -> Image:
    if item.digest not in images:
        raise ToolError(f"{where}: manifest {item.digest} is missing", "give it by --manifest")
    return images[item.digest]


def _checked(ref: str) -> str:
    # image-spec 1.1, annotations.md: the grammar of org.opencontainers.image.ref.name.
    component = r"[A-Za-z0-9]+((--|[-._:@+])[A-Za-z0-9]+)*"
    if not re.fullmatch(f"{component}(/{component})*", ref):
        raise ToolError(f"--ref {ref!r:.80}: not a name, such as latest or example.org/app:1.0")
    return ref
