"""Builds the config and the manifest of an image from its base, its layers and its options.

The semantics are rules_oci's: annotations are added to the base's, and the rest is as
tools/lib/oci/declared_config.py says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tools.lib.cli.errors import ToolError
from tools.lib.oci.declared_config import declared_config
from tools.lib.oci.descriptor import CONFIG, describe
from tools.lib.oci.image import Image
from tools.lib.oci.image_config import HistoryEntry, ImageConfig
from tools.lib.oci.image_options import ImageOptions
from tools.lib.oci.layer import Layer
from tools.lib.oci.manifest import Manifest
from tools.lib.oci.rfc3339 import format_time, parse_time

# Annotations that image-spec 1.1, annotations.md, defines.
_OCI_NAMESPACE = "org.opencontainers.image."


def build(
    options: ImageOptions, layers: Sequence[tuple[str, Layer]], base: Image | None
) -> tuple[bytes, bytes]:
    """The config and the manifest of an image.

    Args:
        options: what the image adds to its base, or declares without one.
        layers: the layers above the base's, bottom to top, each with its name for errors.
        base: the image below, if any.
    """
    below = declared_config(options, base.config if base else None)
    _check_architectures(below.platform.architecture, layers)
    if options.base_name and not base:
        raise ToolError("base_name is set, but there is no base", "set `base`, or remove it")
    created = options.created or _newest(layers, base)
    config = replace(
        below,
        diff_ids=(*below.diff_ids, *(layer.diff_id for _, layer in layers)),
        history=(*_complete_history(below), *(_history(layer) for _, layer in layers)),
        created=created,
    ).encode()
    # Other fields of the base's manifest (subject, artifactType) are about the base alone.
    manifest = Manifest(
        config=describe(CONFIG, config),
        layers=(
            *(base.manifest.layers if base else ()),
            *(layer.descriptor for _, layer in layers),
        ),
        annotations={**_annotations(options, created, base), **options.annotations},
    )
    return config, manifest.encode()


def _annotations(options: ImageOptions, created: str, base: Image | None) -> dict[str, str]:
    """The annotations that the image has unless its options say otherwise.

    Those of the OCI namespace say what the base is, such as its title and vendor, so an image does
    not inherit them.
    """
    inherited = base.manifest.annotations if base else {}
    annotations = {
        key: value for key, value in inherited.items() if not key.startswith(_OCI_NAMESPACE)
    }
    if base and options.base_name:
        annotations[f"{_OCI_NAMESPACE}base.name"] = options.base_name
        annotations[f"{_OCI_NAMESPACE}base.digest"] = base.descriptor().digest
    if options.annotate_created and created:
        annotations[f"{_OCI_NAMESPACE}created"] = created
    return annotations


def _check_architectures(architecture: str, layers: Sequence[tuple[str, Layer]]) -> None:
    for name, layer in layers:
        if layer.architecture not in (None, architecture):
            what = layer.architecture_owner or layer.created_by or name
            raise ToolError(
                f"{what} is for {layer.architecture}, the image for {architecture}",
                f"use one for {architecture}: a label without an architecture follows the platform;"
                f" or build the image for {layer.architecture}, from a base that has it, with"
                f" --platforms=@distroless//rules/platforms:linux_{layer.architecture}",
            )


def _complete_history(config: ImageConfig) -> tuple[HistoryEntry, ...]:
    """The base's history, with an entry for every layer: clients match the two by counting."""
    described = sum(not entry.empty_layer for entry in config.history)
    missing = max(0, len(config.diff_ids) - described)
    return (*config.history, *[HistoryEntry(comment="not told by the base image")] * missing)


def _history(layer: Layer) -> HistoryEntry:
    created = "" if layer.created is None else format_time(layer.created)
    return HistoryEntry(created=created, created_by=layer.created_by)


def _newest(layers: Sequence[tuple[str, Layer]], base: Image | None) -> str:
    """The newest time of the layers and the base; the base's is kept as it was written."""
    times = [layer.created for _, layer in layers if layer.created is not None]
    of_base = base.config.created if base else ""
    if not times:
        return of_base
    newest = max(times)
    if base and of_base and parse_time(of_base, f"{base.where}: created") >= newest:
        return of_base
    return format_time(newest)
