"""The lock of a manifest: building one, and comparing it with its manifest and the lock before."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from tools.lib.apt.packages import IndexPackage
from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import (
    Lock,
    LockedPackage,
    LockedSuite,
    MissingIndex,
    PackageKey,
    Sha256,
    read_lock,
)
from tools.lib.debian.mirror import without_snapshot_time
from tools.lib.manifest.manifest import Manifest
from tools.lib.resolver.resolution import Resolution


def build_lock(
    manifest: Manifest,
    by_architecture: Mapping[str, Resolution],
    base: Mapping[str, Mapping[str, IndexPackage]],
    suites: tuple[LockedSuite, ...],
    missing: tuple[MissingIndex, ...],
    previous: Lock | None,
    *,
    merged_usr: bool,
) -> Lock:
    """The lock of a manifest.

    Args:
        manifest: what was resolved.
        by_architecture: the resolution of each architecture.
        base: by architecture, the packages of the base image, by name.
        suites: the suites that were read.
        missing: the indexes that were left out.
        previous: the lock before, if there is one. A file that stays the same keeps its URL, so
            that the new lock differs only where a package has changed.
        merged_usr: see `Lock`.
    """
    packages: dict[PackageKey, IndexPackage] = {}
    depends: dict[PackageKey, set[PackageKey]] = {}
    sets: dict[str, dict[str, tuple[PackageKey, ...]]] = {}
    for architecture, resolution in by_architecture.items():
        for name, chosen in resolution.sets.items():
            keys = sorted(package.key for package in chosen.values())
            sets.setdefault(name, {})[architecture] = tuple(keys)
            for package in chosen.values():
                other = packages.setdefault(package.key, package)
                if other.sha256 != package.sha256:
                    raise ToolError(
                        f"{manifest.path}: two different files of {package.key}:"
                        f" {other.url} and {package.url}"
                    )
                depends.setdefault(package.key, set()).update(resolution.depends[package.key])
    urls = {item.sha256: item.url for item in previous.packages.values()} if previous else {}
    return Lock(
        manifest_sha256=manifest.sha256,
        packages={
            key: _locked(package, depends[key], urls) for key, package in sorted(packages.items())
        },
        sets=sets,
        suites=suites,
        missing_indexes=missing,
        base={
            architecture: {
                name: base[architecture][name].version for name in sorted(resolution.counted_on)
            }
            for architecture, resolution in by_architecture.items()
            if resolution.counted_on
        },
        merged_usr=merged_usr,
    )


def _locked(
    package: IndexPackage, depends: set[PackageKey], urls: Mapping[Sha256, str]
) -> LockedPackage:
    url = urls.get(package.sha256, package.url)
    return LockedPackage(
        name=package.name,
        version=package.version,
        architecture=package.architecture,
        sha256=package.sha256,
        size=package.size,
        url=url
        if without_snapshot_time(url) == without_snapshot_time(package.url)
        else package.url,
        depends=tuple(sorted(depends)),
        relations=package.relations,
    )


def read_previous(path: str) -> Lock | None:
    """The lock that a new one replaces; None if there is none or it cannot be read."""
    try:
        return read_lock(path)
    except (ToolError, FileNotFoundError):
        return None


def check_dates(previous: Lock, suites: Sequence[LockedSuite], command: str) -> None:
    """Raises a ToolError if a suite is older than in the lock before.

    An old Release file is still signed. Whoever can replay it takes security updates back.

    Args:
        previous: the lock before.
        suites: the suites that were read.
        command: the command that locks with older Release files.
    """
    dates = {(each.source, each.suite): each.date for each in previous.suites}
    for suite in suites:
        date = dates.get((suite.source, suite.suite), suite.date)
        if suite.date < date:
            raise ToolError(
                f"{suite.source} {suite.suite}: its Release file is of {suite.date:%Y-%m-%d %H:%M},"
                f" but the lock was made from one of {date:%Y-%m-%d %H:%M}",
                f"the mirror is out of date: use another one, or go back with `{command}`",
            )


def check_lock(manifest: Manifest, path: str, command: str) -> Lock:
    """Reads a lock; raises a ToolError unless it was made from this very manifest.

    Args:
        manifest: the manifest.
        path: of the lock.
        command: the command that locks the manifest.
    """
    try:
        lock = read_lock(path, command)
    except FileNotFoundError:
        raise ToolError(f"{path}: not found", command) from None
    if lock.manifest_sha256 != manifest.sha256:
        name = os.path.basename(manifest.path)
        what = f"apt.install '{manifest.install}' in {name}" if manifest.install else name
        raise ToolError(f"{path}: out of date: {what} has changed", command)
    return lock


def changes(previous: Lock, lock: Lock) -> list[str]:
    """The differences, a line a package: `+ name 1.0`, `- name 1.0`, `  name 1.0 -> 1.1`."""
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
    for package in lock.packages.values():
        versions.setdefault(package.name, set()).add(package.version)
    return {name: ", ".join(sorted(found)) for name, found in versions.items()}
