"""manifest.json, which makes the tar of a layout one that `docker load` reads.

Docker's classic image store does not read OCI layouts. It reads `docker save`'s format, whose
manifest.json lists images by the paths of their configs and layers in the tar. These are the blobs
of the layout, so one tar serves both. Source: moby, image/tarexport.
"""

from __future__ import annotations

import json
import os
from collections import Counter

from tools.lib.data.json_values import read_document
from tools.lib.oci.descriptor import INDEX, Descriptor, Digest, Platform
from tools.lib.oci.image import Image
from tools.lib.oci.layout import blob_path, read_images
from tools.lib.oci.manifest import parse_index
from tools.lib.oci.reference import parse_reference
from tools.oci_layout.contents import IMAGE_NAME


def docker_manifest(layout: str) -> bytes:
    """The content of manifest.json.

    The classic store has no indexes: of an index every image is listed, and its tag is followed by
    the architecture, such as `cc:debian13-arm64`.

    Raises:
        ToolError: the directory is not a valid layout.
    """
    path = f"{layout}/index.json"
    images = list(read_images(layout).values())
    roots = parse_index(read_document(path), path).manifests
    is_index = len(roots) != 1 or roots[0].media_type == INDEX
    suffixes = _suffixes([each.platform for each in images]) if is_index else [""]
    entries = [
        {
            "Config": _path(image.manifest.config.digest),
            "RepoTags": [tag for root in roots for tag in _tags(root, suffix)],
            "Layers": [_path(layer.digest) for layer in image.manifest.layers],
        }
        for image, suffix in zip(images, suffixes, strict=True)
        if _is_complete(layout, image)
    ]
    return json.dumps(entries, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _path(digest: Digest) -> str:
    return blob_path("", digest).removeprefix("/")


def _tags(root: Descriptor, suffix: str) -> list[str]:
    if IMAGE_NAME not in root.annotations:
        return []
    name = parse_reference(root.annotations[IMAGE_NAME])
    return [f"{name.repository.short_name}:{name.tag or 'latest'}{suffix}"]


def _suffixes(platforms: list[Platform]) -> list[str]:
    """What tells the images of an index apart: the architecture if that is enough."""
    count = Counter(each.architecture for each in platforms)
    return [
        "-" + (each.architecture if count[each.architecture] == 1 else str(each).replace("/", "-"))
        for each in platforms
    ]


def _is_complete(layout: str, image: Image) -> bool:
    """Whether all layers are in the layout: those that may not be redistributed are not."""
    return all(os.path.exists(blob_path(layout, layer.digest)) for layer in image.manifest.layers)
