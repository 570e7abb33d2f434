"""Locks manifests: fetches what their sources have, and resolves their sets."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tools.lib.apt.candidates import Candidates
from tools.lib.apt.fetch import UnverifiedIndexError
from tools.lib.apt.packages import locked_package
from tools.lib.apt.repositories import IndexCache, ManifestIndexes
from tools.lib.cli.progress import Progress
from tools.lib.debian.lock import Lock, PackageKey, package_key
from tools.lib.debian.names import Version
from tools.lib.manifest.manifest import Manifest
from tools.lib.manifest.manifest_reader import read_manifest
from tools.lib.resolver.base_image import Installed, is_merged_usr, read_base
from tools.lib.resolver.kept import kept_packages, newer_versions
from tools.lib.resolver.lockfile import build_lock, check_dates, read_previous
from tools.lib.resolver.maintainer_scripts import left_undone
from tools.lib.resolver.missed_updates import missed_updates
from tools.lib.resolver.request import LockSettings, ManifestFile
from tools.lib.resolver.resolution import Resolution
from tools.lib.resolver.resolve import Known, resolve_manifest


@dataclass(frozen=True, slots=True)
class LockResult:
    """The lock of a manifest, the lock before it if there is one, and lines for the user.

    `pinned` has the packages that are no file of a repository.
    """

    path: str
    lock: Lock
    previous: Lock | None
    notes: Sequence[str]
    pinned: frozenset[PackageKey] = frozenset()


def lock_manifests(
    files: Sequence[ManifestFile], settings: LockSettings, progress: Progress
) -> list[LockResult]:
    """Locks manifests; writes no lock.

    Args:
        files: the manifests.
        settings: how to lock them.
        progress: is told what is going on.

    Raises:
        ToolError: a manifest is invalid, an index cannot be read, or a set cannot be resolved.
    """
    manifests = [
        read_manifest(file.path, file.name, settings.base_label, install=file.install)
        for file in files
    ]
    base = read_base(settings.base_status)
    cache = IndexCache(
        cache_directory(),
        datetime.datetime.now(datetime.UTC),
        progress,
        allow_missing=settings.allow_missing,
        credential_helpers=settings.credential_helpers,
    )
    try:
        found = cache.fetch(manifests)
    except UnverifiedIndexError as error:
        command = files[0].command_with("--allow-missing")
        error.hint = error.hint.replace("--allow-missing", f"`{command}`")
        raise
    results = []
    for file, manifest in zip(files, manifests, strict=True):
        progress.say(f"resolving {os.path.basename(manifest.path)}")
        results.append(_lock(file, manifest, found[manifest.path], base, settings))
    return [replace(each, notes=[*_undone(each, cache, progress), *each.notes]) for each in results]


def cache_directory() -> str:
    """Where indexes are cached."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(home, "distroless", "lock")


def _undone(result: LockResult, cache: IndexCache, progress: Progress) -> list[str]:
    """What the scripts of packages would do that the lock before does not have."""
    before = set(result.previous.packages) if result.previous else set()
    new = [
        locked_package(package)
        for key, package in result.lock.packages.items()
        if key not in before and key not in result.pinned
    ]
    if new:
        progress.say("reading maintainer scripts")
    return left_undone(new, cache.fetch_start)


def _lock(
    file: ManifestFile,
    manifest: Manifest,
    indexes: ManifestIndexes,
    base: Mapping[str, Installed],
    settings: LockSettings,
) -> LockResult:
    previous = read_previous(file.lock)
    if previous and not settings.allow_older:
        check_dates(previous, indexes.suites, file.command_with("--allow-older"))
    update_all = settings.update and not settings.packages
    kept = (
        {} if update_all or not previous else kept_packages(previous, manifest, settings.packages)
    )
    known = {
        architecture: Known(base.get(architecture, {}), kept.get(architecture, {}))
        for architecture in manifest.architectures
    }
    resolutions = resolve_manifest(manifest, indexes.by_architecture, known)
    lock = build_lock(
        manifest,
        resolutions,
        base,
        indexes.suites,
        indexes.missing,
        previous,
        merged_usr=_merged_usr(manifest, resolutions, indexes, base),
    )
    stable = not (settings.update or settings.allow_older)
    if previous and stable and replace(lock, suites=previous.suites) == previous:
        # The date of a Release file alone is no change.
        lock = previous
    notes = missed_updates(manifest, resolutions, indexes.missing)
    newer = newer_versions(resolutions)
    if newer:
        listed = ", ".join(newer[:_LISTED]) + (", ..." if len(newer) > _LISTED else "")
        notes.append(f"{len(newer)} newer versions ({file.command_with('--update')}): {listed}")
    pinned = frozenset(
        package_key(each.name, each.version, each.architecture) for each in manifest.files
    )
    return LockResult(file.lock, lock, previous, notes, pinned)


# Newer versions that are named.
_LISTED = 8


def _merged_usr(
    manifest: Manifest,
    resolutions: Mapping[str, Resolution],
    indexes: ManifestIndexes,
    base: Mapping[str, Installed],
) -> bool:
    architecture = manifest.architectures[0]
    version: Version | None = None
    for packages in resolutions[architecture].sets.values():
        if "base-files" in packages:
            version = packages["base-files"].version
    if version is None:
        candidates = Candidates(architecture, indexes.by_architecture[architecture], {})
        candidate = candidates.candidate("base-files")
        version = candidate.version if candidate else None
    return is_merged_usr(base.get(architecture, {}), version)
