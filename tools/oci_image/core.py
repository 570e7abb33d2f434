"""From layers and settings to the two documents of an image, its config and its manifest.

rules_oci's semantics: env values are expanded; labels, ports, volumes and annotations are added to
the base's; entrypoint and cmd replace, and an entrypoint clears the cmd of the base.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    Json,
    compact,
    require_list,
    require_object,
    require_string,
    require_strings,
)
from tools.lib.oci.documents import CONFIG, MANIFEST, Image, describe
from tools.lib.oci.layer import Layer
from tools.oci_image.settings import Settings, seconds_of

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})", re.ASCII)


def build(
    settings: Settings, layers: Sequence[tuple[str, Layer]], base: Image | None
) -> tuple[bytes, bytes]:
    """The config and the manifest of an image.

    Args:
        settings: what the user asks for.
        layers: the layers above the base's, bottom to top, each with its name for errors.
        base: the image below, if there is one.
    """
    config = _platform(settings, base)
    _check_architectures(config["architecture"], layers)
    history = _base_history(base) if base else []
    history += [_history(layer) for _, layer in layers]
    below = config.get("rootfs") or {}
    config["rootfs"] = {
        "type": "layers",
        "diff_ids": (below.get("diff_ids") or []) + [layer.diff_id for _, layer in layers],
    }
    if history:
        config["history"] = history
    if created := settings.created or _newest(layers, base):
        config["created"] = created
    config["config"] = _run_config(settings, config.get("config") or {}, base)
    config_data = compact(config)

    # A manifest is made anew: what else a base's says (subject, artifactType) is of the base alone.
    manifest: Json = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": describe(CONFIG, config_data, {}).to_json(),
        "layers": [layer.to_json() for layer in (base.manifest.layers if base else ())]
        + [layer.descriptor.to_json() for _, layer in layers],
    }
    annotations = {**(base.manifest.annotations if base else {}), **settings.annotations}
    if annotations:
        manifest["annotations"] = annotations
    return config_data, compact(manifest)


def expand(env: Sequence[str], added: Mapping[str, str]) -> list[str]:
    """Adds variables to an environment of `KEY=VALUE` texts.

    `$K` and `${K}` in a value stand for what K is so far, nothing if it is not set. A known key
    keeps its place, a new one goes to the end.
    """
    values = dict(text.partition("=")[::2] for text in env)
    for key, value in added.items():
        values[key] = _VARIABLE.sub(lambda match: values.get(match[1] or match[2], ""), value)
    return [f"{key}={value}" for key, value in values.items()]


def _platform(settings: Settings, base: Image | None) -> Json:
    """The config to start from: the base's, or one of nothing but the platform."""
    if base:
        if settings.os or settings.architecture or settings.variant:
            raise ToolError(
                f"the platform is that of the base, {base.platform}, and cannot be set",
                "leave out os, architecture and variant, or the base",
            )
        return dict(base.config)
    if not settings.os or not settings.architecture:
        missing = "architecture" if settings.os else "os"
        raise ToolError(f"no base, and no {missing}", "set os and architecture, or a base")
    platform = {"os": settings.os, "architecture": settings.architecture}
    return {**platform, "variant": settings.variant} if settings.variant else {**platform}


def _check_architectures(architecture: str, layers: Sequence[tuple[str, Layer]]) -> None:
    for name, layer in layers:
        if layer.architecture not in (None, architecture):
            what = layer.architecture_owner or layer.created_by or name
            raise ToolError(
                f"{what} is for {layer.architecture}, the image for {architecture}",
                f"take one for {architecture}, or make an image for {layer.architecture}",
            )


def _run_config(settings: Settings, below: Json, base: Image | None) -> Json:
    """The `config` of the config: how a container is started."""
    where = f"{base.where}: config" if base else ""
    run = dict(below)

    def texts(key: str) -> list[str]:
        return require_strings(below.get(key) or [], f"{where}.{key}")

    def known(key: str) -> Json:
        return require_object(below.get(key) or {}, f"{where}.{key}")

    if settings.env:
        run["Env"] = expand(texts("Env"), settings.env)
    if settings.labels:
        run["Labels"] = {**known("Labels"), **settings.labels}
    if settings.exposed_ports:
        run["ExposedPorts"] = {**known("ExposedPorts"), **{p: {} for p in settings.exposed_ports}}
    if settings.volumes:
        run["Volumes"] = {**known("Volumes"), **{path: {} for path in settings.volumes}}
    if settings.user:
        run["User"] = settings.user
    if settings.workdir:
        run["WorkingDir"] = settings.workdir
    if settings.entrypoint is not None:
        run["Entrypoint"] = settings.entrypoint
        run["Cmd"] = None
    if settings.cmd is not None:
        run["Cmd"] = settings.cmd
    return {k: value for k, value in run.items() if value or k not in ("Entrypoint", "Cmd")}


def _base_history(base: Image) -> list[Any]:
    """The base's history, with an entry for each layer: clients pair the two by counting."""
    where = f"{base.where}: history"
    history = require_list(base.config.get("history") or [], where)
    told = sum(not require_object(item, where).get("empty_layer") for item in history)
    untold = max(0, len(base.manifest.layers) - told)
    return history + [{"comment": "not told by the base image"}] * untold


def _history(layer: Layer) -> Json:
    entry = {"created_by": layer.created_by} if layer.created_by else {}
    return entry if layer.created is None else {**entry, "created": rfc3339(layer.created)}


def _newest(layers: Sequence[tuple[str, Layer]], base: Image | None) -> str:
    """The newest time of the layers and the base, in the base's own words if it is the base's."""
    times = [layer.created for _, layer in layers if layer.created is not None]
    newest = rfc3339(max(times)) if times else ""
    if not base or not base.config.get("created"):
        return newest
    where = f"{base.where}: created"
    base_created = require_string(base.config["created"], where)
    return newest if times and max(times) > seconds_of(base_created, where) else base_created


def rfc3339(seconds: int) -> str:
    """A time in seconds since 1970 as RFC 3339 has it, in UTC."""
    year, month, day, hour, minute, second, *_ = time.gmtime(seconds)
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
