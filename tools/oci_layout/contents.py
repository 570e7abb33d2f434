"""What an OCI image layout contains (image-spec 1.1, image-layout.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import INDEX, Descriptor, Digest, describe
from tools.lib.oci.image import Image
from tools.lib.oci.manifest import Index, parse_index
from tools.lib.oci.reference import Reference, parse_reference

OCI_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
"""The content of the file `oci-layout`."""

REF_NAME = "org.opencontainers.image.ref.name"
"""Annotation of the root (image-spec 1.1, annotations.md). Clients select an image by it: most of
them read `DIRECTORY:REF_NAME` up to the last colon, so it is the tag alone."""

IMAGE_NAME = "io.containerd.image.name"
"""Annotation of the root: the full name that containerd, docker and podman give a loaded image."""


@dataclass(frozen=True, slots=True)
class LayoutContents:
    """The content of `index.json`, the documents by digest, and the layers, each once."""

    index_json: bytes
    documents: dict[Digest, bytes]
    layers: tuple[Descriptor, ...]


def plan(index: bytes | None, images: Sequence[Image], ref: str, where: str) -> LayoutContents:
    """What the layout of an index, or of one image, contains.

    Args:
        index: the index, or None for a layout of one image.
        images: the images of the index, or the one image; others are left out.
        ref: name of the image or index, such as `cc:debian13`; "" for none.
        where: names the index in errors.
    """
    by_digest = {image.descriptor().digest: image for image in images}
    documents: dict[Digest, bytes] = {}
    if index is None:
        if len(images) != 1:
            raise ToolError(f"{len(images)} images need an index")
        root = images[0].descriptor()
        chosen = list(images)
    else:
        root = describe(INDEX, index)
        documents[root.digest] = index
        chosen = [_find(item, by_digest, where) for item in parse_index(index, where).manifests]
    for image in chosen:
        documents[image.descriptor().digest] = image.manifest_data
        documents[image.manifest.config.digest] = image.config_data
    layers = {layer.digest: layer for image in chosen for layer in image.manifest.layers}
    if ref:
        root = replace(root, annotations=_annotations(parse_reference(ref)))
    return LayoutContents(Index((root,)).encode(), documents, tuple(layers.values()))


def missing_layer(layer: Descriptor, images: Iterable[Image]) -> ToolError:
    """The error for a layer that is in no input; it names an image that has the layer."""
    user = next(image.where for image in images if layer in image.manifest.layers)
    return ToolError(f"{user}: layer {layer.digest} is missing")


def _find(item: Descriptor, images: dict[Digest, Image], where: str) -> Image:
    if item.digest not in images:
        raise ToolError(f"{where}: manifest {item.digest} is missing")
    return images[item.digest]


def _annotations(reference: Reference) -> dict[str, str]:
    if reference.digest:
        raise ToolError(f"image name {reference.repository}: must not have a digest")
    tag = reference.tag or "latest"
    return {REF_NAME: tag, IMAGE_NAME: f"{reference.repository}:{tag}"}
