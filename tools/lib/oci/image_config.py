"""Image configs (OCI image-spec 1.1, config.md).

Reading and writing a config keeps what it contains: fields that have no attribute here, and fields
that are null or empty, are in `other` and are written as they were. So a base image's healthcheck
or `"Labels": null` is in the images built on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    Json,
    compact,
    parse_object,
    require_bool,
    require_list,
    require_object,
    require_string,
    require_string_map,
    require_strings,
    take,
)
from tools.lib.oci.descriptor import Digest, Platform, parse_digest, parse_platform


@dataclass(frozen=True, slots=True)
class RunConfig:
    """How a container of the image is started: the `config` of a config.

    Attributes:
        environment: `KEY=VALUE`, in order.
        labels: by name.
        exposed_ports: `PORT` or `PORT/PROTOCOL`.
        volumes: absolute paths.
        entrypoint: the command; empty if the image has none.
        cmd: arguments of the entrypoint, or the command if there is none.
        workdir: absolute path, or "".
        user: `USER` or `USER:GROUP`, names or numbers, or "".
        other: all other fields.
    """

    environment: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    workdir: str = ""
    user: str = ""
    other: Mapping[str, object] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        """The environment by name; of a repeated name the last value counts."""
        return dict(each.partition("=")[::2] for each in self.environment)

    def to_json(self) -> Json:
        """The object as a config contains it."""
        own = {
            "Env": list(self.environment),
            "Labels": dict(self.labels),
            "ExposedPorts": {port: {} for port in self.exposed_ports},
            "Volumes": {path: {} for path in self.volumes},
            "Entrypoint": list(self.entrypoint),
            "Cmd": list(self.cmd),
            "WorkingDir": self.workdir,
            "User": self.user,
        }
        return {**self.other, **{key: value for key, value in own.items() if value}}


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A step of the image's history. One that made no layer is an `empty_layer`."""

    created: str = ""
    created_by: str = ""
    comment: str = ""
    empty_layer: bool = False
    other: Mapping[str, object] = field(default_factory=dict)

    def to_json(self) -> Json:
        """The object as a config contains it."""
        own = {
            "created": self.created,
            "created_by": self.created_by,
            "comment": self.comment,
            "empty_layer": self.empty_layer,
        }
        return {**self.other, **{key: value for key, value in own.items() if value}}


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """An image config.

    Attributes:
        platform: what the image runs on.
        diff_ids: digests of the uncompressed layers, bottom to top.
        run: how a container is started.
        history: of the layers, bottom to top.
        created: RFC 3339, or "".
        other: all other fields.
    """

    platform: Platform
    diff_ids: tuple[Digest, ...] = ()
    run: RunConfig = RunConfig()
    history: tuple[HistoryEntry, ...] = ()
    created: str = ""
    other: Mapping[str, object] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The document."""
        fields: Json = {
            **self.other,
            **self.platform.to_json(),
            "config": self.run.to_json(),
            "rootfs": {"type": "layers", "diff_ids": list(self.diff_ids)},
        }
        if self.history:
            fields["history"] = [entry.to_json() for entry in self.history]
        if self.created:
            fields["created"] = self.created
        return compact(fields)


def parse_config(data: bytes, where: str) -> ImageConfig:
    """Reads a config; `where` names it in errors."""
    fields = parse_object(data, where)
    platform = parse_platform(fields, where)
    for key in platform.to_json():
        del fields[key]
    rootfs = require_object(fields.pop("rootfs", None) or {}, f"{where}: rootfs")
    diff_ids = require_list(rootfs.get("diff_ids") or [], f"{where}: rootfs.diff_ids")
    history = require_list(take(fields, "history") or [], f"{where}: history")
    return ImageConfig(
        platform=platform,
        diff_ids=tuple(
            parse_digest(each, f"{where}: rootfs.diff_ids[{i}]") for i, each in enumerate(diff_ids)
        ),
        run=_parse_run(fields.pop("config", None), f"{where}: config"),
        history=tuple(
            _parse_history(each, f"{where}: history[{i}]") for i, each in enumerate(history)
        ),
        created=require_string(take(fields, "created") or "", f"{where}: created"),
        other=fields,
    )


def _parse_run(value: object, where: str) -> RunConfig:
    fields = dict(require_object(value or {}, where))

    def strings(key: str) -> tuple[str, ...]:
        return without_nul(key, require_strings(take(fields, key) or [], f"{where}.{key}"))

    def string(key: str) -> str:
        return without_nul(key, [require_string(take(fields, key) or "", f"{where}.{key}")])[0]

    def keys(key: str) -> tuple[str, ...]:
        return without_nul(key, require_object(take(fields, key) or {}, f"{where}.{key}"))

    def without_nul(key: str, texts: Iterable[str]) -> tuple[str, ...]:
        for text in texts:
            if "\0" in text:  # no system call takes it
                raise ToolError(f"{where}.{key}: {text!r:.80} contains a NUL")
        return tuple(texts)

    run = RunConfig(
        environment=strings("Env"),
        labels=require_string_map(take(fields, "Labels") or {}, f"{where}.Labels"),
        exposed_ports=keys("ExposedPorts"),
        volumes=keys("Volumes"),
        entrypoint=strings("Entrypoint"),
        cmd=strings("Cmd"),
        workdir=string("WorkingDir"),
        user=string("User"),
        other=fields,
    )
    for key in ("Entrypoint", "Cmd"):  # absent, null and empty mean the same
        fields.pop(key, None)
    return run


def _parse_history(value: object, where: str) -> HistoryEntry:
    fields = dict(require_object(value, where))

    def string(key: str) -> str:
        return require_string(take(fields, key) or "", f"{where}.{key}")

    return HistoryEntry(
        created=string("created"),
        created_by=string("created_by"),
        comment=string("comment"),
        empty_layer=require_bool(take(fields, "empty_layer") or False, f"{where}.empty_layer"),
        other=fields,
    )
