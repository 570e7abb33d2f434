"""OCI image layouts for tests, valid or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tools.lib.data.json_values import compact
from tools.lib.oci.descriptor import CONFIG, INDEX, MANIFEST, Descriptor, Platform, describe
from tools.lib.oci.image_config import ImageConfig
from tools.lib.oci.manifest import Index, Manifest


class LayoutDirectory:
    """A layout in a directory; `str` of it is the path."""

    def __init__(self, path: Path) -> None:
        self._path = path
        (path / "blobs/sha256").mkdir(parents=True, exist_ok=True)

    def __str__(self) -> str:
        return str(self._path)

    def path(self, descriptor: Descriptor) -> Path:
        """The file of a blob."""
        return self._path / "blobs" / descriptor.digest.replace(":", "/")

    def blob(self, media_type: str, data: bytes, **attributes: Any) -> Descriptor:
        """Writes a blob; `attributes` are those of its descriptor."""
        descriptor = describe(media_type, data)
        self.path(descriptor).write_bytes(data)
        return replace(descriptor, **attributes)

    def image(
        self,
        architecture: str = "amd64",
        variant: str | None = None,
        layers: Sequence[Descriptor] = (),
        **attributes: Any,
    ) -> Descriptor:
        """Writes the documents of an image; `attributes` are those of its descriptor."""
        config = ImageConfig(
            Platform("linux", architecture, variant), tuple(each.digest for each in layers)
        )
        manifest = Manifest(self.blob(CONFIG, config.encode()), tuple(layers))
        return self.blob(MANIFEST, manifest.encode(), **attributes)

    def index(self, *manifests: Descriptor, **attributes: Any) -> Descriptor:
        """Writes an index as a blob; `attributes` are those of its descriptor."""
        return self.blob(INDEX, Index(manifests).encode(), **attributes)

    def root(self, *manifests: Descriptor) -> str:
        """Writes index.json, without the fields that many tools leave out; returns the path."""
        document = compact({"manifests": [each.to_json() for each in manifests]})
        (self._path / "index.json").write_bytes(document)
        return str(self)
