"""The images among what is loaded, and the one for a platform."""

from __future__ import annotations

from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import read_document
from tools.lib.oci.descriptor import Platform
from tools.lib.oci.image import Image, parse_image
from tools.lib.oci.manifest import NotAnImageError, parse_manifest
from tools.lib.registry.blob_source import BlobSource
from tools.lib.registry.content import Content, ManifestContent


@dataclass(frozen=True, slots=True)
class LoadableImage:
    """An image for one platform and its blobs: the config, then the layers."""

    image: Image
    blobs: tuple[BlobSource, ...]


def select_loadable(content: Content, wanted: Platform | None, where: str) -> LoadableImage:
    """The only image, or the only one for a platform.

    Args:
        content: an image or an index.
        wanted: the platform, which matters if there are several images.
        where: names the content in errors.

    Raises:
        ToolError: no image or several fit, or layers are missing.
    """
    images = [image for each in content.manifests if (image := _read(each, where))]
    if len(images) == 1:
        fitting = images
    elif wanted is None:
        fitting = []
    else:
        fitting = [each for each in images if each.image.platform.fits(wanted)]
    if len(fitting) == 1:
        return fitting[0]
    platforms = ", ".join(str(each.image.platform) for each in images)
    count = "several images" if fitting else "no image"
    raise ToolError(
        f"{where}: {count} for {wanted or 'the target platform'}",
        f"--platform selects one of {platforms}" if images else "",
    )


def _read(each: ManifestContent, where: str) -> LoadableImage | None:
    """The image of a manifest; None for an index, a signature, and the attestations of buildx."""
    if not each.blobs:
        return None
    name = f"{where}: manifest {each.document.digest}"
    try:
        manifest = parse_manifest(each.document.data, name)
    except NotAnImageError:
        return None
    paths = {blob.digest: blob for blob in each.blobs}
    config = paths[manifest.config.digest]
    image = parse_image(each.document.data, read_document(config.path), name, config.path)
    if image.platform.os == "unknown":
        return None
    missing = [layer for layer in manifest.layers if layer.digest not in paths]
    if missing:
        raise ToolError(f"{name}: layer {missing[0].digest} is missing")
    return LoadableImage(image, each.blobs)
