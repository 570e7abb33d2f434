"""Builds the config and the manifest of an image from its base, its layers and its options.

The semantics are rules_oci's: env values are expanded; labels, ports, volumes and annotations are
added to the base's; entrypoint and cmd replace the base's, and an entrypoint removes its cmd.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import CONFIG, Platform, describe
from tools.lib.oci.image import Image
from tools.lib.oci.image_config import HistoryEntry, ImageConfig, RunConfig
from tools.lib.oci.layer import Layer
from tools.lib.oci.manifest import Manifest
from tools.oci_image.options import ImageOptions
from tools.oci_image.rfc3339 import format_time, parse_time

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})", re.ASCII)

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
    below = base.config if base else ImageConfig(_platform(options))
    if base and (options.os or options.architecture or options.variant):
        raise ToolError(
            f"the platform is that of the base, {base.platform}, and cannot be set",
            "remove os, architecture and variant, or the base",
        )
    _check_architectures(below.platform.architecture, layers)
    if options.base_name and not base:
        raise ToolError("base_name is set, but there is no base", "set `base`, or remove it")
    created = options.created or _newest(layers, base)
    config = replace(
        below,
        diff_ids=(*below.diff_ids, *(layer.diff_id for _, layer in layers)),
        run=_run_config(options, below.run),
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


def expand(environment: Sequence[str], added: Mapping[str, str]) -> tuple[str, ...]:
    """Adds variables to an environment of `KEY=VALUE` strings.

    `$K` and `${K}` in a value are replaced by the value of K so far, or by nothing if K is unset.
    A known variable keeps its position, a new one goes to the end.
    """
    values = dict(text.partition("=")[::2] for text in environment)
    for key, value in added.items():
        values[key] = _VARIABLE.sub(lambda match: values.get(match[1] or match[2], ""), value)
    return tuple(f"{key}={value}" for key, value in values.items())


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


def _platform(options: ImageOptions) -> Platform:
    if not options.os or not options.architecture:
        missing = "architecture" if options.os else "os"
        raise ToolError(f"no base, and {missing} is missing", "set os and architecture, or a base")
    return Platform(options.os, options.architecture, options.variant or None)


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


def _run_config(options: ImageOptions, below: RunConfig) -> RunConfig:
    entrypoint, cmd = below.entrypoint, below.cmd
    if options.entrypoint is not None:
        entrypoint, cmd = options.entrypoint, ()
    if options.cmd is not None:
        cmd = options.cmd
    environment = below.environment
    if options.env:
        environment = expand(environment, options.env)
    return replace(
        below,
        environment=environment,
        labels={**below.labels, **options.labels},
        exposed_ports=_union(below.exposed_ports, options.exposed_ports),
        volumes=_union(below.volumes, options.volumes),
        entrypoint=entrypoint,
        cmd=cmd,
        workdir=options.workdir or below.workdir,
        user=options.user or below.user,
    )


def _union(below: tuple[str, ...], added: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*below, *added)))


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
