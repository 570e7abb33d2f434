"""The lock of Node.js releases, private/lock/nodejs.json. docs/nodejs.md describes the file.

private/nodejs/lock.bzl reads it in builds, and checks what only builds need.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    Json,
    parse_object,
    require_list,
    require_object,
    require_string,
)

VERSION = 1
_HINT = "docs/nodejs.md has its schema"


@dataclass(frozen=True, slots=True)
class NodeSource:
    """Where an archive is. Either `url` or `npm` is set.

    Attributes:
        url: on the vendor's site.
        npm: a package of the npm registry, `name@version`.
        sha256: of the archive, hexadecimal.
        strip_prefix: the directory of the release in the archive.
    """

    url: str
    npm: str
    sha256: str
    strip_prefix: str


@dataclass(frozen=True, slots=True)
class NodeArchive:
    """The release of one release line for one architecture.

    Attributes:
        major: the release line: `24`.
        architecture: OCI's name.
        version: `24.21.0`.
        sources: where the archive is.
        bin_node_sha256: of bin/node, hexadecimal; empty if it is not known.
        license_sha256: of LICENSE, hexadecimal; empty if it is not known.
    """

    major: str
    architecture: str
    version: str
    sources: tuple[NodeSource, ...]
    bin_node_sha256: str = ""
    license_sha256: str = ""


def parse_node_lock(data: bytes, where: str) -> tuple[NodeArchive, ...]:
    """Reads the lock.

    Raises:
        ToolError: it is malformed.
    """
    document = parse_object(data, where)
    if document.get("version") != VERSION:
        raise ToolError(f"{where}: not a lock of version {VERSION}", _HINT)
    archives = require_list(document.get("archives"), f"{where}: archives")
    return tuple(
        _archive(item, f"{where}: archives[{number}]") for number, item in enumerate(archives)
    )


def _archive(value: object, where: str) -> NodeArchive:
    fields = require_object(value, where)
    sources = require_list(fields.get("sources"), f"{where}.sources")
    names = ("major", "architecture", "version")
    return NodeArchive(
        **{name: require_string(fields.get(name), f"{where}.{name}") for name in names},
        sources=tuple(
            _source(item, f"{where}.sources[{number}]") for number, item in enumerate(sources)
        ),
        bin_node_sha256=_optional(fields, "bin_node_sha256", where),
        license_sha256=_optional(fields, "license_sha256", where),
    )


def _source(value: object, where: str) -> NodeSource:
    fields = require_object(value, where)
    return NodeSource(
        url=_optional(fields, "url", where),
        npm=_optional(fields, "npm", where),
        sha256=require_string(fields.get("sha256"), f"{where}.sha256"),
        strip_prefix=require_string(fields.get("strip_prefix"), f"{where}.strip_prefix"),
    )


def _optional(fields: Json, name: str, where: str) -> str:
    return require_string(fields.get(name, ""), f"{where}.{name}")


def render_node_lock(archives: Sequence[NodeArchive]) -> bytes:
    """The file's bytes; `archives` keep their order."""
    value = {"version": VERSION, "archives": [_archive_json(each) for each in archives]}
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def _archive_json(archive: NodeArchive) -> Json:
    value: Json = {
        "major": archive.major,
        "architecture": archive.architecture,
        "version": archive.version,
        "sources": [_source_json(each) for each in archive.sources],
    }
    for name in ("bin_node_sha256", "license_sha256"):
        if text := getattr(archive, name):
            value[name] = text
    return value


def _source_json(source: NodeSource) -> Json:
    where = {"url": source.url} if source.url else {"npm": source.npm}
    return {**where, "sha256": source.sha256, "strip_prefix": source.strip_prefix}
