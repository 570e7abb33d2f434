"""Images of an OCI image layout, to compare."""

from __future__ import annotations

from functools import partial

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import read_document
from tools.lib.diff.images import ComparedImage, Cost, ImageSet, LayerSource
from tools.lib.diff.layer_content import content_of_tar
from tools.lib.oci.descriptor import INDEX, digest_of
from tools.lib.oci.image import Image
from tools.lib.oci.layout import blob_path, read_images
from tools.lib.oci.manifest import parse_index


def layout_images(layout: str, name: str = "") -> ImageSet:
    """The image or the index that a layout is about. Layers are read from its blobs.

    A layout of several is an index of all their images.

    Args:
        layout: the directory.
        name: names it in the result, by default the directory.

    Raises:
        ToolError: the directory is not a valid layout, or has no image.
    """
    images = read_images(layout)
    if not images:
        raise ToolError(f"{layout}: the layout has no image")
    compared = tuple(layout_image(layout, each) for each in images.values())
    data = read_document(f"{layout}/index.json")
    roots = {each.digest: each for each in parse_index(data, f"{layout}: index.json").manifests}
    index: bytes | None = data
    if len(roots) == 1:
        root = next(iter(roots.values()))
        index = read_document(blob_path(layout, root.digest)) if root.media_type == INDEX else None
    digest = digest_of(data) if len(roots) > 1 else next(iter(roots))
    return ImageSet(name or layout, digest, index, compared)


def layout_image(layout: str, image: Image) -> ComparedImage:
    """An image whose layers are blobs of a layout."""
    return ComparedImage(
        image,
        tuple(
            LayerSource(
                layer,
                Cost.FILE,
                partial(content_of_tar, blob_path(layout, layer.digest), layer, diff_id),
            )
            for layer, diff_id in zip(image.manifest.layers, image.config.diff_ids, strict=True)
        ),
    )
