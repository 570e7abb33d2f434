"""Reads which packages the locks of the images name. Standard library only."""

from __future__ import annotations

import os
from collections import defaultdict

from launcher.unavailable import PackageGroup
from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    parse_object,
    read_document,
    require_list,
    require_object,
    require_string,
)
from tools.lib.debian.architectures import find_debian_architecture
from tools.lib.debian.lock import read_lock

_LOCK_SUFFIX = ".lock.json"
_NODEJS_VERSION = 1


def read_groups(paths: list[str]) -> list[PackageGroup]:
    """The packages of locks, by lock and architecture.

    Args:
        paths: locks of Debian packages (docs/lock.md), named `<lock>.lock.json`, and
            `nodejs.json`, the lock of Node.js (docs/nodejs.md).
    """
    groups: list[PackageGroup] = []
    for path in paths:
        name = os.path.basename(path)
        if name.endswith(_LOCK_SUFFIX):
            groups += _debian_groups(path, name.removesuffix(_LOCK_SUFFIX))
        else:
            groups += _nodejs_groups(path)
    return groups


def _debian_groups(path: str, name: str) -> list[PackageGroup]:
    lock = read_lock(path)
    urls: dict[str, dict[str, str]] = defaultdict(dict)
    for architectures in lock.sets.values():
        for architecture, keys in architectures.items():
            urls[architecture] |= {key: lock.packages[key].url for key in keys}
    return [
        PackageGroup(name, find_debian_architecture(architecture).name, urls[architecture])
        for architecture in sorted(urls)
    ]


def _nodejs_groups(path: str) -> list[PackageGroup]:
    """The releases that only the vendor's site has."""
    groups = []
    lock = parse_object(read_document(path), path)
    if lock.get("version") != _NODEJS_VERSION:
        raise ToolError(f"{path}: not a lock of version {_NODEJS_VERSION}")
    archives = require_list(lock.get("archives"), f"{path}: archives")
    for number, value in enumerate(archives):
        where = f"{path}: archives[{number}]"
        archive = require_object(value, where)
        sources = [
            require_object(source, f"{where}.sources[{index}]")
            for index, source in enumerate(require_list(archive.get("sources"), f"{where}.sources"))
        ]
        # npm registries have the others.
        if len(sources) != 1 or "url" not in sources[0]:
            continue
        line, architecture, version = (
            require_string(archive.get(field), f"{where}.{field}")
            for field in ("major", "architecture", "version")
        )
        urls = {version: require_string(sources[0]["url"], f"{where}.sources[0].url")}
        groups.append(PackageGroup(f"nodejs{line}", architecture, urls))
    return groups
