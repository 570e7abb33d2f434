"""Builds the index of images for several platforms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Platform
from tools.lib.oci.image import Image
from tools.lib.oci.manifest import Index


def build(images: Sequence[Image], annotations: Mapping[str, str]) -> Index:
    """The index of `images`, in their order.

    Raises:
        ToolError: no images, or two for one platform: clients take the first and never the second.
    """
    if not images:
        raise ToolError("the index has no images")
    by_platform: dict[Platform, Image] = {}
    for image in images:
        other = by_platform.setdefault(image.platform.normalized(), image)
        if other is not image:
            raise ToolError(
                f"{other.where} and {image.where}: both are for {image.platform}",
                "an index has one image for each platform",
            )
    return Index(tuple(image.descriptor() for image in images), annotations)
