"""Images that Bazel has built, to compare: their layers are read from metadata where it exists."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    parse_object,
    read_document,
    require_list,
    require_object,
    require_string,
    require_strings,
)
from tools.lib.diff.images import ComparedImage, Cost, ImageSet, LayerSource
from tools.lib.diff.layer_content import LayerContent, content_of_parts, content_of_tar
from tools.lib.oci.descriptor import Digest, digest_of
from tools.lib.oci.image import Image, read_image
from tools.lib.oci.layer import read_layer
from tools.lib.oci.layout import find_blob
from tools.lib.part.part import Part


@dataclass(frozen=True, slots=True)
class BuiltLayer:
    """The files of a layer, as in a LayerInfo; those of an imported layer are in `layout`."""

    metadata: str
    parts: tuple[str, ...]
    layout: str


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """The files of an image, as in an OciImageInfo."""

    config: str
    manifest: str
    layers: tuple[BuiltLayer, ...]


@dataclass(frozen=True, slots=True)
class BuiltTarget:
    """The files of an image or an index; `files` are the outputs by default."""

    index: str
    images: tuple[BuiltImage, ...]
    files: tuple[str, ...]


def parse_target(data: bytes, root: str, label: str) -> BuiltTarget:
    """Reads what describe_images.star says about a target.

    Args:
        data: one line of JSON.
        root: the directory that the paths in it are relative to.
        label: names the target in errors.
    """

    def path(value: object, where: str) -> str:
        return "" if value is None else os.path.join(root, require_string(value, where))

    def layer(value: object, where: str) -> BuiltLayer:
        fields = require_object(value, where)
        parts = require_strings(fields.get("parts"), f"{where}.parts")
        return BuiltLayer(
            path(fields.get("metadata"), f"{where}.metadata"),
            tuple(path(each, where) for each in parts),
            path(fields.get("layout"), f"{where}.layout"),
        )

    def image(value: object, where: str) -> BuiltImage:
        fields = require_object(value, where)
        layers = require_list(fields.get("layers"), f"{where}.layers")
        return BuiltImage(
            path(fields.get("config"), f"{where}.config"),
            path(fields.get("manifest"), f"{where}.manifest"),
            tuple(layer(each, f"{where}.layers[{number}]") for number, each in enumerate(layers)),
        )

    fields = parse_object(data, label)
    images = require_list(fields.get("images"), f"{label}: images")
    files = require_strings(fields.get("files"), f"{label}: files")
    return BuiltTarget(
        path(fields.get("index"), f"{label}: index"),
        tuple(image(each, f"{label}: images[{number}]") for number, each in enumerate(images)),
        tuple(path(each, label) for each in files),
    )


def built_images(target: BuiltTarget, name: str, read: Callable[[str], Part]) -> ImageSet:
    """The image or index of a target that was built, with its metadata.

    Args:
        target: its files.
        name: names it in the result.
        read: reads a part.json.

    Raises:
        ToolError: its files contradict each other.
    """
    read_once = functools.cache(read)
    images = tuple(_image(each, read_once) for each in target.images)
    index = read_document(target.index) if target.index else None
    digest = images[0].digest if index is None else digest_of(index)
    return ImageSet(name, digest, index, images)


def _image(files: BuiltImage, read: Callable[[str], Part]) -> ComparedImage:
    image = read_image(files.manifest, files.config)
    known: dict[Digest, LayerSource] = {}
    below: list[str] = []
    for layer in files.layers:
        if layer.metadata:
            descriptor = read_layer(layer.metadata).descriptor
            content = functools.partial(_content, layer.parts, tuple(below), read)
            known[descriptor.digest] = LayerSource(descriptor, Cost.METADATA, content)
        below += layer.parts
    layouts = [layer.layout for layer in files.layers if layer.layout]
    return ComparedImage(
        image,
        tuple(_layers(image, known, layouts)),
    )


def _layers(
    image: Image, known: dict[Digest, LayerSource], layouts: Sequence[str]
) -> list[LayerSource]:
    layers = []
    for layer, diff_id in zip(image.manifest.layers, image.config.diff_ids, strict=True):
        source = known.get(layer.digest)
        if source is None:
            path = find_blob(layouts, layer.digest)
            if path is None:
                raise ToolError(f"{image.where}: layer {layer.digest} not found", "build it again")
            content = functools.partial(content_of_tar, path, layer, diff_id)
            source = LayerSource(layer, Cost.FILE, content)
        layers.append(source)
    return layers


def _content(
    parts: Sequence[str], below: Sequence[str], read: Callable[[str], Part]
) -> LayerContent:
    return content_of_parts([read(path) for path in parts], [read(path) for path in below])
