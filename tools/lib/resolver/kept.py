"""Which versions a new lock keeps of the one before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from tools.lib.apt.packages import IndexPackage, locked_package
from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import Lock
from tools.lib.debian.relations import compare_versions
from tools.lib.manifest.manifest import Manifest
from tools.lib.resolver.resolution import Resolution


def kept_packages(
    previous: Lock, manifest: Manifest, update: Collection[str]
) -> dict[str, dict[str, IndexPackage]]:
    """The packages to keep, by architecture and name.

    Files that the manifest pins are what it says. If the manifest no longer has a source, any
    package may have come from it, so none is kept.

    Args:
        previous: the lock before.
        manifest: what is locked now.
        update: the packages to take the newest versions of.

    Raises:
        ToolError: a package to update is not in the lock.
    """
    names = {package.name for package in previous.packages.values()}
    for name in update:
        if name not in names:
            close = " or ".join(get_close_matches(name, sorted(names), 3))
            detail = f" (did you mean {close}?)" if close else ""
            raise ToolError(f"{manifest.path}: --update: {name!r:.80} is not in the lock{detail}")
    read = {
        (source.archive or source.url, suite)
        for source in manifest.sources
        for suite in source.suites
    }
    if any((suite.source, suite.suite) not in read for suite in previous.suites):
        return {}
    pinned = {file.name for file in manifest.files}
    kept: dict[str, dict[str, IndexPackage]] = {}
    for by_architecture in previous.sets.values():
        for architecture, keys in by_architecture.items():
            for key in keys:
                package = previous.packages[key]
                if package.name not in pinned and package.name not in update:
                    kept.setdefault(architecture, {})[package.name] = locked_package(package)
    return kept


def newer_versions(resolutions: Mapping[str, Resolution]) -> list[str]:
    """`name 1.0 -> 1.1` for each kept package of which the sources have a newer version."""
    found = {
        f"{old.name} {old.version} -> {new.version}"
        for resolution in resolutions.values()
        for old, new in resolution.newer
        if compare_versions(new.version, old.version) > 0
    }
    return sorted(found)
