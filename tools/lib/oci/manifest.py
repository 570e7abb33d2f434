"""Image manifests and image indexes (OCI image-spec 1.1, manifest.md and image-index.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    Json,
    compact,
    parse_object,
    require_list,
    require_string,
    require_string_map,
)
from tools.lib.oci.descriptor import (
    CONFIG,
    INDEX,
    MANIFEST,
    Descriptor,
    oci_media_type,
    parse_descriptor,
)


class NotAnImageError(ToolError):
    """A manifest of something else than a container image: a signature, a Helm chart."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """An image manifest. `media_type` is the document's own, OCI's or Docker's."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    media_type: str = MANIFEST

    def encode(self) -> bytes:
        """The document."""
        fields: Json = {
            "schemaVersion": 2,
            "mediaType": self.media_type,
            "config": self.config.to_json(),
            "layers": [layer.to_json() for layer in self.layers],
        }
        if self.annotations:
            fields["annotations"] = dict(self.annotations)
        return compact(fields)


@dataclass(frozen=True, slots=True)
class Index:
    """An image index, or the `index.json` of a layout."""

    manifests: tuple[Descriptor, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The document."""
        fields: Json = {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [manifest.to_json() for manifest in self.manifests],
        }
        if self.annotations:
            fields["annotations"] = dict(self.annotations)
        return compact(fields)


def parse_manifest(data: bytes, where: str) -> Manifest:
    """Reads a manifest, of OCI or of Docker's schema 2.

    Raises:
        NotAnImageError: the manifest of another kind of artifact.
        ToolError: any other error.
    """
    fields = parse_object(data, where)
    media_type = require_string(fields.get("mediaType", MANIFEST), f"{where}: mediaType")
    # A document that can be read as a manifest and as an index means two things to two clients.
    if "manifests" in fields or oci_media_type(media_type) != MANIFEST:
        raise ToolError(f"{where}: not an image manifest: mediaType is {media_type!r:.80}")
    if "config" not in fields:
        raise ToolError(f"{where}: not an image manifest: config is missing")
    config = parse_descriptor(fields["config"], f"{where}: config")
    if config.media_type != CONFIG:
        raise NotAnImageError(
            f"{where}: not a container image: mediaType of its config is {config.media_type!r:.80}"
        )
    layers = [
        parse_descriptor(item, f"{where}: layers[{i}]")
        for i, item in enumerate(require_list(fields.get("layers") or [], f"{where}: layers"))
    ]
    annotations = require_string_map(fields.get("annotations") or {}, f"{where}: annotations")
    return Manifest(config, tuple(layers), annotations, media_type)


def parse_index(data: bytes, where: str) -> Index:
    """Reads an index. schemaVersion and mediaType may be missing, as in many an `index.json`."""
    fields = parse_object(data, where)
    if "config" in fields or "layers" in fields:
        raise ToolError(f"{where}: not an image index: it has the fields of an image manifest")
    manifests = [
        parse_descriptor(item, f"{where}: manifests[{i}]")
        for i, item in enumerate(require_list(fields.get("manifests") or [], f"{where}: manifests"))
    ]
    annotations = require_string_map(fields.get("annotations") or {}, f"{where}: annotations")
    return Index(tuple(manifests), annotations)
