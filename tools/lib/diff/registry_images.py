"""Images of a registry, to compare. Layers are downloaded when they are read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import partial

from tools.lib.cli.errors import ToolError
from tools.lib.cli.parallel import in_parallel
from tools.lib.data.json_values import MAX_DOCUMENT
from tools.lib.diff.images import ComparedImage, Cost, ImageSet, LayerSource
from tools.lib.diff.layer_content import LayerContent, content_of_tar
from tools.lib.oci.descriptor import INDEX, MANIFEST, Descriptor, Digest, oci_media_type
from tools.lib.oci.image import Image, parse_image
from tools.lib.oci.manifest import NotAnImageError, parse_index, parse_manifest
from tools.lib.oci.reference import parse_reference
from tools.lib.registry.backoff import Backoff
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.document import Document
from tools.lib.registry.download import download_blob
from tools.lib.registry.registry import Registry

_MAX_IMAGES = 1000


def registry_images(
    text: str,
    scratch: str,
    *,
    insecure: bool = False,
    notice: Callable[[str], None] = lambda _: None,
) -> ImageSet:
    """The image or the index that a name in a registry refers to.

    Args:
        text: `[HOST/]PATH[:TAG][@sha256:HEX]`; without a tag and a digest, the tag is `latest`.
        scratch: a directory for layers, each of which is removed once it is read.
        insecure: whether to use plain http.
        notice: is called with a line before a failed request is tried again.

    Raises:
        ToolError: the registry does not have it, or a document is invalid.
    """
    reference = parse_reference(text)
    repository = reference.repository
    registry = Registry(repository, insecure=insecure, backoff=Backoff(notice=notice))
    client = RepositoryClient(registry, repository)
    document = client.get_manifest(reference.digest or reference.tag or "latest")
    media_type = oci_media_type(document.media_type)
    if media_type == INDEX:
        manifests = _manifests(parse_index(document.data, text).manifests, text)
        found = in_parallel(partial(_image_if_any, client, scratch), manifests)
        images = tuple(each for each in found if each is not None)
        if not images:
            raise ToolError(f"{text}: the index has no image")
        return ImageSet(text, document.digest, document.data, images)
    if media_type != MANIFEST:
        raise ToolError(f"{text}: neither an image nor an index: {media_type!r:.80}")
    return ImageSet(text, document.digest, None, (_image(client, scratch, document),))


def _manifests(items: tuple[Descriptor, ...], text: str) -> list[Descriptor]:
    """The manifests of an index that may be images; nested indexes are not followed."""
    manifests = {
        each.digest: each
        for each in items
        if each.media_type == MANIFEST and not (each.platform and each.platform.os == "unknown")
    }
    if len(manifests) > _MAX_IMAGES:
        raise ToolError(f"{text}: more than {_MAX_IMAGES} images")
    return list(manifests.values())


def _image_if_any(
    client: RepositoryClient, scratch: str, manifest: Descriptor
) -> ComparedImage | None:
    """The image, None if the manifest is one of something else."""
    document = client.get_manifest(manifest.digest)
    try:
        return _image(client, scratch, document)
    except NotAnImageError:
        return None


def _image(client: RepositoryClient, scratch: str, document: Document) -> ComparedImage:
    where = f"{client.repository}@{document.digest}"
    config = parse_manifest(document.data, where).config
    image = parse_image(
        document.data, _download_config(client, config, scratch), where, f"config of {where}"
    )
    return ComparedImage(image, _layers(client, scratch, image))


def _layers(client: RepositoryClient, scratch: str, image: Image) -> tuple[LayerSource, ...]:
    return tuple(
        LayerSource(layer, Cost.DOWNLOAD, partial(_content, client, scratch, layer, diff_id))
        for layer, diff_id in zip(image.manifest.layers, image.config.diff_ids, strict=True)
    )


def _download_config(client: RepositoryClient, config: Descriptor, scratch: str) -> bytes:
    if config.size > MAX_DOCUMENT:
        raise ToolError(f"{client.repository}: config {config.digest} is too large")
    path = _download(client, config, scratch)
    try:
        with open(path, "rb") as source:
            return source.read()
    finally:
        os.unlink(path)


def _content(
    client: RepositoryClient, scratch: str, layer: Descriptor, diff_id: Digest
) -> LayerContent:
    path = _download(client, layer, scratch)
    try:
        return content_of_tar(path, layer, diff_id, f"{client.repository}: layer {layer.digest}")
    finally:
        os.unlink(path)


def _download(client: RepositoryClient, blob: Descriptor, scratch: str) -> str:
    """Downloads a blob to a file of its own; returns the file's path."""
    with tempfile.NamedTemporaryFile(dir=scratch, delete=False) as out:
        download_blob(client, blob, out)
    return out.name
