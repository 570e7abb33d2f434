"""Locks: what was chosen. docs/lock.md describes the file for its readers."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from tools.lib.cli.errors import ToolError
from tools.lib.cli.files import read_json
from tools.lib.debian.mirror import without_stamp
from tools.lock.manifest import Manifest
from tools.lock.packages import Package
from tools.lock.resolve import Resolution

VERSION = 1
Lock = dict[str, Any]


def path_of(manifest: str) -> str:
    """Where the lock of a manifest is: `debian12.yaml` has `debian12.lock.json` beside it."""
    return os.path.splitext(manifest)[0] + ".lock.json"


def build(manifest: Manifest, by_architecture: Mapping[str, Resolution], previous: Lock) -> Lock:
    """The lock of a manifest.

    Args:
        manifest: what was resolved.
        by_architecture: the resolution of each architecture.
        previous: the lock before, or {}: files that stay the same keep their snapshot's time, so
            that a new lock differs only in what has changed.
    """
    packages: dict[str, Package] = {}
    edges: dict[str, set[str]] = {}
    sets: dict[str, dict[str, list[str]]] = {}
    for architecture, resolution in by_architecture.items():
        for name, chosen in resolution.sets.items():
            keys = sorted(package.key for package in chosen.values())
            sets.setdefault(name, {})[architecture] = keys
            for package in chosen.values():
                other = packages.setdefault(package.key, package)
                if other.sha256 != package.sha256:
                    raise ToolError(
                        f"{manifest.path}: {package.key} is two files,"
                        f" {other.url} and {package.url}"
                    )
                edges.setdefault(package.key, set()).update(resolution.edges[package.key])
    urls = {item["sha256"]: item["url"] for item in previous.get("packages", ())}
    ordered = sorted(packages.values(), key=lambda item: (item.name, item.architecture, item.key))
    return {
        "version": VERSION,
        "manifest_sha256": manifest.sha256,
        "packages": [_package(item, edges[item.key], urls) for item in ordered],
        "sets": sets,
    }


def _package(package: Package, edges: set[str], urls: Mapping[str, str]) -> dict[str, Any]:
    url = urls.get(package.sha256, package.url)
    if without_stamp(url) != without_stamp(package.url):
        url = package.url
    fields = {
        "name": package.name,
        "version": package.version,
        "architecture": package.architecture,
        "sha256": package.sha256,
        "url": url,
        "depends": sorted(edges),
    }
    return fields if package.size is None else {**fields, "size": package.size}


def render(lock: Lock) -> bytes:
    """The lock as text of which a diff reads well."""
    text = json.dumps(lock, indent=1, sort_keys=True, ensure_ascii=False)
    return text.encode() + b"\n"


def read_previous(path: str) -> Lock:
    """The lock that a new one replaces; {} if there is none, or none of which to keep anything."""
    try:
        return _read(path)
    except (ToolError, FileNotFoundError):
        return {}


def _read(path: str) -> Lock:
    lock = read_json(path)
    match lock:
        case {"version": 1, "manifest_sha256": str(), "packages": list(packages), "sets": dict()}:
            texts = ("name", "version", "architecture", "sha256", "url")
            if all(isinstance(item, dict) and _has(item, texts) for item in packages):
                return dict(lock)
    raise ToolError(f"{path}: not a lock of version {VERSION}", "run ./knife lock")


def _has(item: Mapping[str, Any], texts: tuple[str, ...]) -> bool:
    return all(isinstance(item.get(name), str) for name in texts)


def check(manifest: Manifest) -> None:
    """Raises a ToolError unless the lock was made from this very manifest."""
    path = path_of(manifest.path)
    try:
        lock = _read(path)
    except FileNotFoundError:
        raise ToolError(f"{path}: there is no lock", "run ./knife lock") from None
    if lock["manifest_sha256"] != manifest.sha256:
        raise ToolError(
            f"{path}: older than {os.path.basename(manifest.path)}, which has changed since",
            "run ./knife lock",
        )


def changes(previous: Lock, lock: Lock) -> list[str]:
    """What is new in a lock, a line a package: `+ name 1.0`, `- name 1.0`, `  name 1.0 -> 1.1`."""
    before, after = _versions(previous), _versions(lock)
    lines = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is None:
            lines.append(f"+ {name} {new}")
        elif new is None:
            lines.append(f"- {name} {old}")
        elif old != new:
            lines.append(f"  {name} {old} -> {new}")
    return lines


def _versions(lock: Lock) -> dict[str, str]:
    versions: dict[str, set[str]] = {}
    for item in lock.get("packages", ()):
        versions.setdefault(item["name"], set()).add(item["version"])
    return {name: ", ".join(sorted(found)) for name, found in versions.items()}
