"""Newer packages of apt repositories: the locks of Debian's releases and of bazelw's root."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tools.lib.cli.progress import Progress
from tools.lib.debian.architectures import find_debian_architecture
from tools.lib.debian.lock import Lock, LockedPackage, render_lock
from tools.lib.resolver.locking import LockResult, lock_manifests
from tools.lib.resolver.request import LockSettings, ManifestFile, lock_path
from tools.lib.updates.change import Change, SourceUpdate

FOLDER = os.path.join("private", "lock")


def update_debian(names: Sequence[str], progress: Progress, *, allow_missing: bool) -> SourceUpdate:
    """Locks manifests again, with the newest versions.

    Args:
        names: of the locks: `debian12` for private/lock/debian12.yaml.
        progress: is told what is going on.
        allow_missing: whether to leave out an index that no server has.

    Raises:
        DownloadError: a server cannot be reached.
        ToolError: a signature is not valid, or a set cannot be resolved.
    """
    files = [_manifest_file(name) for name in names]
    results = lock_manifests(
        files, LockSettings(update=True, allow_missing=allow_missing), progress
    )
    changes: list[Change] = []
    contents: dict[str, bytes] = {}
    notes: list[str] = []
    for name, result in zip(names, results, strict=True):
        update = locked_update(name, result)
        changes += update.changes
        contents |= update.files
        notes += update.notes
    return SourceUpdate(tuple(changes), contents, tuple(notes))


def locked_update(name: str, result: LockResult) -> SourceUpdate:
    """What a new lock changes. The dates of Release files alone are no change."""
    lock, previous = result.lock, result.previous
    # The lines below a note are indented.
    notes = tuple(line if line.startswith(" ") else f"{name}: {line}" for line in result.notes)
    if previous and replace(lock, suites=previous.suites) == previous:
        return SourceUpdate(notes=notes)
    return SourceUpdate(
        compare_locks(name, previous, lock), {result.path: render_lock(lock)}, notes
    )


def compare_locks(name: str, previous: Lock | None, lock: Lock) -> tuple[Change, ...]:
    """The packages whose versions differ, sorted by name and version."""
    before = _by_architecture(previous) if previous else {}
    after = _by_architecture(lock)
    changed: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    having: dict[str, set[str]] = defaultdict(set)
    for architecture, package in sorted(before.keys() | after.keys()):
        old, new = before.get((architecture, package)), after.get((architecture, package))
        having[package].add(architecture)
        versions = (old.version if old else "", new.version if new else "")
        if versions[0] != versions[1]:
            changed[(package, *versions)].append(architecture)
    return tuple(
        Change(
            lock=name,
            package=package,
            old=old,
            new=new,
            architectures=tuple(sorted(find_debian_architecture(each).name for each in names)),
            everywhere=set(names) == having[package],
            url=after[names[0], package].url if new else "",
        )
        for (package, old, new), names in sorted(changed.items())
    )


def _by_architecture(lock: Lock) -> Mapping[tuple[str, str], LockedPackage]:
    """The locked packages by architecture and name; those for `all` under each architecture."""
    return dict(_locked(lock))


def _locked(lock: Lock) -> Iterator[tuple[tuple[str, str], LockedPackage]]:
    for by_architecture in lock.sets.values():
        for architecture, keys in by_architecture.items():
            for key in keys:
                yield (architecture, lock.packages[key].name), lock.packages[key]


def _manifest_file(name: str) -> ManifestFile:
    path = os.path.join(FOLDER, f"{name}.yaml")
    return ManifestFile(path, path, lock_path(path), "./knife update")
