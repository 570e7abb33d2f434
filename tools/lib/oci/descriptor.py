"""Digests, descriptors and platforms (OCI image-spec 1.1, descriptor.md and image-index.md).

Docker's media types (image manifest version 2, schema 2) name documents of the same shape. A
descriptor that is read gets OCI's type in their place, as every client does on conversion.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NewType

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    Json,
    require_int,
    require_object,
    require_string,
    require_string_map,
    require_strings,
    take,
)

if TYPE_CHECKING:
    from tools.lib.archive.compress import Compression

Digest = NewType("Digest", str)
"""`sha256:` and 64 lower-case hexadecimal digits, validated: safe as a part of a path."""

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
LAYERS: dict[Compression, str] = {
    "gzip": f"{LAYER}+gzip",
    "zstd": f"{LAYER}+zstd",
    "none": LAYER,
    "estargz": f"{LAYER}+gzip",
    "zstd:chunked": f"{LAYER}+zstd",
}
"""Media types of layers by compression."""

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


@dataclass(frozen=True, slots=True)
class Platform:
    """What an image runs on, as configs and descriptors describe it."""

    os: str
    architecture: str
    variant: str | None = None
    os_version: str | None = None
    os_features: tuple[str, ...] = ()

    def __str__(self) -> str:
        """`os/architecture[/variant]`."""
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    def to_json(self) -> Json:
        """The fields that are set, by the names that configs and descriptors use."""
        value = {
            "os": self.os,
            "architecture": self.architecture,
            "variant": self.variant,
            "os.version": self.os_version,
            "os.features": list(self.os_features),
        }
        return {key: part for key, part in value.items() if part}

    def normalized(self) -> Platform:
        """The platform with clients' default variants: arm is arm/v7, arm64/v8 is arm64."""
        match self.architecture, self.variant:
            case ("arm64", "v8") | ("amd64", "v1"):
                return replace(self, variant=None)
            case "arm", None:
                return replace(self, variant="v7")
        return self

    def fits(self, wanted: Platform) -> bool:
        """Whether an image for this platform is one for `wanted`; without a variant any fits."""
        if wanted.variant is None:
            return (self.os, self.architecture) == (wanted.os, wanted.architecture)
        return str(self.normalized()) == str(wanted.normalized())

    def rank(self, target: Platform) -> int | None:
        """How well an image for this platform suits a target; 0 is best, None is not at all.

        The order is containerd's (platforms.Only): the variant itself, then lower ones, which every
        processor of the variant runs. A target without a variant accepts any, the default first.
        """
        if (self.os, self.architecture) != (target.os, target.architecture):
            return None
        own, wanted = self.normalized().variant, target.normalized().variant
        accepted = [wanted]
        ladder = _VARIANTS.get(self.architecture, ())
        if wanted in ladder:
            accepted += ladder[ladder.index(wanted) + 1 :]
        if own in accepted:
            return accepted.index(own)
        return len(accepted) if target.variant is None else None


_VARIANTS: dict[str, tuple[str | None, ...]] = {
    "amd64": ("v4", "v3", "v2", None),
    "arm": ("v8", "v7", "v6", "v5"),
}
"""Normalized variants of an architecture, each with those it includes after it."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A reference to a blob; `other` has the fields that have no attribute here."""

    media_type: str
    digest: Digest
    size: int
    other: Mapping[str, object] = field(default_factory=dict)
    platform: Platform | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    urls: tuple[str, ...] = ()

    def to_json(self) -> Json:
        """The descriptor as a document contains it."""
        fields: Json = {
            **self.other,
            "mediaType": self.media_type,
            "digest": self.digest,
            "size": self.size,
        }
        if self.platform:
            fields["platform"] = self.platform.to_json()
        if self.annotations:
            fields["annotations"] = dict(self.annotations)
        if self.urls:
            fields["urls"] = list(self.urls)
        return fields


def digest_of(data: bytes) -> Digest:
    """The sha256 digest of a blob."""
    return Digest("sha256:" + hashlib.sha256(data).hexdigest())


def describe(media_type: str, data: bytes) -> Descriptor:
    """The descriptor of a blob."""
    return Descriptor(media_type, digest_of(data), len(data))


def parse_digest(value: object, where: str) -> Digest:
    """Validates a digest. sha256 is the only algorithm that every client supports."""
    text = require_string(value, where)
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        raise ToolError(f"{where}: {text!r:.80} is not sha256: and 64 lower-case hex digits")
    return Digest(text)


def parse_descriptor(value: object, where: str) -> Descriptor:
    """Reads a descriptor; Docker's media types become OCI's."""
    fields = dict(require_object(value, where))
    media_type = require_string(fields.pop("mediaType", None), f"{where}.mediaType")
    digest = parse_digest(fields.pop("digest", None), f"{where}.digest")
    size = require_int(fields.pop("size", None), f"{where}.size", _MAX_SIZE)
    platform = require_object(fields.get("platform") or {}, f"{where}.platform")
    is_complete = platform.get("os") and platform.get("architecture")
    return Descriptor(
        oci_media_type(media_type),
        digest,
        size,
        platform=parse_platform(fields.pop("platform"), f"{where}.platform")
        if is_complete
        else None,
        annotations=require_string_map(take(fields, "annotations") or {}, f"{where}.annotations"),
        urls=tuple(require_strings(take(fields, "urls") or [], f"{where}.urls")),
        other=fields,
    )


def parse_platform(value: object, where: str) -> Platform:
    """Reads a platform from a config, or from the `platform` of a descriptor."""
    fields = require_object(value, where)
    return Platform(
        require_string(fields.get("os") or None, f"{where}: os"),
        require_string(fields.get("architecture") or None, f"{where}: architecture"),
        require_string(fields.get("variant") or "", f"{where}: variant") or None,
        require_string(fields.get("os.version") or "", f"{where}: os.version") or None,
        tuple(require_strings(fields.get("os.features") or [], f"{where}: os.features")),
    )


def read_platform(text: str) -> Platform:
    """Reads a platform written as `linux/arm64/v8`; the variant is optional."""
    os_name, _, rest = text.partition("/")
    architecture, _, variant = rest.partition("/")
    if not os_name or not architecture or "/" in variant:
        raise ToolError(f"invalid platform {text!r:.80}", "write linux/amd64 or linux/arm64/v8")
    return Platform(os_name, architecture, variant or None)


def oci_media_type(media_type: str) -> str:
    """OCI's name of a media type of Docker's; any other media type as it is."""
    return _DOCKER_TO_OCI.get(media_type, media_type)
