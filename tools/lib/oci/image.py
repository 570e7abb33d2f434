"""An image: its manifest and its config."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import read_document
from tools.lib.oci.descriptor import Descriptor, Platform, describe, digest_of
from tools.lib.oci.image_config import ImageConfig, parse_config
from tools.lib.oci.manifest import Manifest, parse_manifest


@dataclass(frozen=True, slots=True)
class Image:
    """A manifest and its config, as bytes and parsed; `where` names the image in errors."""

    where: str
    manifest_data: bytes
    manifest: Manifest
    config_data: bytes
    config: ImageConfig

    @property
    def platform(self) -> Platform:
        """What the image runs on, by its config."""
        return self.config.platform

    def descriptor(self) -> Descriptor:
        """The descriptor of the image in an index."""
        descriptor = describe(self.manifest.media_type, self.manifest_data)
        return replace(descriptor, platform=self.platform)


def parse_image(manifest_data: bytes, config_data: bytes, where: str, config_where: str) -> Image:
    """Reads a manifest and its config.

    Raises:
        ToolError: one of them is invalid, or the config is not the one that the manifest refers to.
    """
    manifest = parse_manifest(manifest_data, where)
    expected = (manifest.config.digest, manifest.config.size)
    if expected != (digest_of(config_data), len(config_data)):
        raise ToolError(f"{config_where}: not the config of {where}: digest or size differs")
    config = parse_config(config_data, config_where)
    if len(config.diff_ids) != len(manifest.layers):
        layers, diff_ids = len(manifest.layers), len(config.diff_ids)
        raise ToolError(f"{where}: {layers} layers, but {diff_ids} diff_ids in its config")
    return Image(where, manifest_data, manifest, config_data, config)


def read_image(manifest: str, config: str) -> Image:
    """Reads an image from two files."""
    return parse_image(read_document(manifest), read_document(config), manifest, config)
