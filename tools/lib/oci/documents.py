"""OCI's documents (image-spec 1.1): descriptors, manifests, indexes, configs.

Reading tells faults with their place (`FILE: layers[2].size: ...`). Docker's schema 2 documents
have the same shape; what they refer to is given OCI's media types, as clients do on converting.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NewType

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    Json,
    parse_object,
    read_document,
    require_int,
    require_list,
    require_object,
    require_string,
    require_string_map,
    require_strings,
)

if TYPE_CHECKING:
    from tools.lib.archive.compress import Compression

Digest = NewType("Digest", str)
"""`sha256:` and 64 hexadecimal digits, checked: safe as a part of a path."""

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
LAYERS: dict[Compression, str] = {
    "gzip": f"{LAYER}+gzip",
    "zstd": f"{LAYER}+zstd",
    "none": LAYER,
}

_DOCKER_TO_OCI = {
    "application/vnd.docker.distribution.manifest.list.v2+json": INDEX,
    "application/vnd.docker.distribution.manifest.v2+json": MANIFEST,
    "application/vnd.docker.container.image.v1+json": CONFIG,
    "application/vnd.docker.image.rootfs.diff.tar": LAYER,
    "application/vnd.docker.image.rootfs.diff.tar.gzip": LAYER + "+gzip",
    "application/vnd.docker.image.rootfs.diff.tar.zstd": LAYER + "+zstd",
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip": (
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
    ),
}

_MAX_SIZE = (1 << 63) - 1


class Descriptor(NamedTuple):
    """A reference to a blob. `other` is what else it says: annotations, urls, platform."""

    media_type: str
    digest: Digest
    size: int
    other: Mapping[str, Any]

    def to_json(self) -> Json:
        """The descriptor as documents hold it."""
        own = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        return {**self.other, **own}


class Platform(NamedTuple):
    """What an image runs on: fields of a config, and of a descriptor's `platform`, alike."""

    os: str
    architecture: str
    variant: str | None
    os_version: str | None
    os_features: tuple[str, ...]

    def __str__(self) -> str:
        return "/".join(part for part in self[:3] if part)

    def to_json(self) -> Json:
        """The fields that are set, as configs and descriptors name them."""
        value = {
            "os": self.os,
            "architecture": self.architecture,
            "variant": self.variant,
            "os.version": self.os_version,
            "os.features": list(self.os_features),
        }
        return {key: part for key, part in value.items() if part}

    def normal(self) -> Platform:
        """The form in which equal platforms are equal: clients read arm as arm/v7, and so on."""
        match self.architecture, self.variant:
            case ("arm64", "v8") | ("amd64", "v1"):
                return self._replace(variant=None)
            case "arm", None:
                return self._replace(variant="v7")
        return self


class Manifest(NamedTuple):
    """An image manifest. `media_type` is the document's own, also if it is Docker's."""

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str]


class Image(NamedTuple):
    """A manifest and its config, as bytes and read; `where` names the image in errors."""

    where: str
    manifest_data: bytes
    manifest: Manifest
    config_data: bytes
    config: Json
    platform: Platform

    def descriptor(self) -> Descriptor:
        """The image as an index refers to it."""
        other = {"platform": self.platform.to_json()}
        return describe(self.manifest.media_type, self.manifest_data, other)


def digest_of(data: bytes) -> Digest:
    """The sha256 digest of a blob."""
    return Digest("sha256:" + hashlib.sha256(data).hexdigest())


def describe(media_type: str, data: bytes, other: Mapping[str, Any]) -> Descriptor:
    """The descriptor of a blob; `other` is what it says besides type, digest and size."""
    return Descriptor(media_type, digest_of(data), len(data), other)


def blob_path(layout: str, digest: Digest) -> str:
    """Where an OCI image layout keeps a blob."""
    return f"{layout}/blobs/sha256/{digest.removeprefix('sha256:')}"


def parse_digest(value: object, where: str) -> Digest:
    """Checks a digest: sha256 in lower case, the one algorithm that every client has."""
    text = require_string(value, where)
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        raise ToolError(f"{where}: {text!r:.80} is not sha256: and 64 hexadecimal digits")
    return Digest(text)


def parse_descriptor(value: object, where: str) -> Descriptor:
    """Reads a descriptor; a media type of Docker's becomes OCI's."""
    fields = dict(require_object(value, where))
    media_type = require_string(fields.pop("mediaType", None), f"{where}.mediaType")
    digest = parse_digest(fields.pop("digest", None), f"{where}.digest")
    size = require_int(fields.pop("size", None), f"{where}.size", _MAX_SIZE)
    return Descriptor(_DOCKER_TO_OCI.get(media_type, media_type), digest, size, fields)


def parse_platform(value: object, where: str) -> Platform:
    """Reads a config, or the `platform` of a descriptor."""
    fields = require_object(value, where)
    return Platform(
        require_string(fields.get("os") or None, f"{where}: os"),
        require_string(fields.get("architecture") or None, f"{where}: architecture"),
        require_string(fields.get("variant") or "", f"{where}: variant") or None,
        require_string(fields.get("os.version") or "", f"{where}: os.version") or None,
        tuple(require_strings(fields.get("os.features") or [], f"{where}: os.features")),
    )


def parse_manifest(data: bytes, where: str) -> Manifest:
    """Reads an image manifest, of OCI or of Docker's schema 2."""
    fields = parse_object(data, where)
    media_type = require_string(fields.get("mediaType", MANIFEST), f"{where}: mediaType")
    # A document that can be read as manifest and as index means two things to two clients.
    if "manifests" in fields or _DOCKER_TO_OCI.get(media_type, media_type) != MANIFEST:
        raise ToolError(f"{where}: not an image manifest: mediaType {media_type!r:.80}")
    if "config" not in fields:
        raise ToolError(f"{where}: not an image manifest: it has no config")
    config = parse_descriptor(fields["config"], f"{where}: config")
    if config.media_type != CONFIG:
        raise ToolError(f"{where}: not a container image: its config is {config.media_type!r:.80}")
    layers = [
        parse_descriptor(item, f"{where}: layers[{i}]")
        for i, item in enumerate(require_list(fields.get("layers") or [], f"{where}: layers"))
    ]
    annotations = require_string_map(fields.get("annotations") or {}, f"{where}: annotations")
    return Manifest(media_type, config, tuple(layers), annotations)


def parse_index(data: bytes, where: str) -> tuple[Descriptor, ...]:
    """Reads an image index; an `index.json` may lack schemaVersion and mediaType."""
    fields = parse_object(data, where)
    if "config" in fields or "layers" in fields:
        raise ToolError(f"{where}: not an image index: it has fields of an image manifest")
    manifests = require_list(fields.get("manifests") or [], f"{where}: manifests")
    return tuple(
        parse_descriptor(item, f"{where}: manifests[{i}]") for i, item in enumerate(manifests)
    )


def parse_image(manifest_data: bytes, config_data: bytes, where: str, config_where: str) -> Image:
    """Reads a manifest and the config it refers to; another config is a ToolError."""
    manifest = parse_manifest(manifest_data, where)
    named = (manifest.config.digest, manifest.config.size)
    if named != (digest_of(config_data), len(config_data)):
        raise ToolError(f"{config_where}: not the config of {where}: digest or size is another")
    config = parse_object(config_data, config_where)
    require_object(config.get("config") or {}, f"{config_where}: config")
    count = len(diff_ids(config, config_where))
    if count != len(manifest.layers):
        raise ToolError(f"{where}: {len(manifest.layers)} layers, its config has {count} diff_ids")
    platform = parse_platform(config, config_where)
    return Image(where, manifest_data, manifest, config_data, config, platform)


def read_image(manifest: str, config: str) -> Image:
    """Reads an image from two files."""
    return parse_image(read_document(manifest), read_document(config), manifest, config)


def diff_ids(config: Json, where: str) -> list[Digest]:
    """The digests of a config's layers, uncompressed, bottom to top."""
    rootfs = require_object(config.get("rootfs") or {}, f"{where}: rootfs")
    items = require_list(rootfs.get("diff_ids") or [], f"{where}: rootfs.diff_ids")
    return [parse_digest(item, f"{where}: rootfs.diff_ids[{i}]") for i, item in enumerate(items)]
