"""From images to the index that names them, one for each platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import Json, compact
from tools.lib.oci.documents import INDEX, Image, Platform


def build(images: Sequence[Image], annotations: Mapping[str, str]) -> bytes:
    """The index of `images`, in their order: clients take the first that fits.

    Raises:
        ToolError: no images, or two of one platform, of which clients would never see the second.
    """
    if not images:
        raise ToolError("an index of no images", "give at least one --manifest and --config")
    seen: dict[Platform, Image] = {}
    for image in images:
        other = seen.setdefault(image.platform.normal(), image)
        if other is not image:
            raise ToolError(
                f"{other.where} and {image.where}: both are for {image.platform}",
                "an index holds one image for each platform",
            )
    index: Json = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [image.descriptor().to_json() for image in images],
    }
    if annotations:
        index["annotations"] = dict(annotations)
    return compact(index)
