"""Resolves the package sets of manifests and writes their locks (docs/lock.md)."""

from __future__ import annotations

import datetime
import glob
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_write
from tools.lib.cli.flags import Parser
from tools.lib.debian.lock import Lock, render_lock
from tools.lock.lockfile import (
    build_lock,
    changes,
    check_dates,
    check_lock,
    lock_path,
    read_previous,
)
from tools.lock.manifest import Manifest
from tools.lock.manifest_reader import read_manifest
from tools.lock.resolve import resolve_manifest
from tools.lock.updates import missed_updates


@dataclass(frozen=True, slots=True)
class _Result:
    """The lock of a manifest, the lock before it if there is one, and lines for the user."""

    path: str
    lock: Lock
    previous: Lock | None
    notes: Sequence[str]


def main(argv: Sequence[str]) -> int:
    parser = Parser("lock", "Resolves the package sets of manifests and writes their locks.")
    parser.add_argument(
        "manifest", nargs="*", help="the manifests; default: private/lock/*.yaml of the workspace"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing, fail if a lock is out of date"
    )
    parser.add_argument(
        "--allow-missing",
        action="store_true",
        help="leave out an index that no server has as its Release file lists it; the lock says so",
    )
    parser.add_argument(
        "--allow-older",
        action="store_true",
        help="accept a Release file that is older than the one of the lock before",
    )
    flags = parser.parse_args(argv)

    manifests = [read_manifest(path) for path in _paths(flags.manifest)]
    if flags.check:
        for manifest in manifests:
            check_lock(manifest)
        return 0
    # Nothing is written before all manifests are resolved.
    for result in _results(manifests, flags.allow_missing, flags.allow_older):
        with atomic_write(result.path) as out:
            out.write(render_lock(result.lock))
        print(f"{os.path.relpath(result.path)}: {len(result.lock.packages)} packages")
        changed = changes(result.previous, result.lock) if result.previous else []
        for line in [*changed, *result.notes]:
            print(f"  {line}")
    return 0


def _results(
    manifests: Sequence[Manifest], allow_missing: bool, allow_older: bool
) -> list[_Result]:
    # Slow to import, and not needed for --check.
    from tools.lock.progress import show_progress
    from tools.lock.repositories import IndexCache

    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    directory = os.path.join(home, "distroless", "lock")
    results = []
    with show_progress() as progress:
        cache = IndexCache(
            directory, datetime.datetime.now(datetime.UTC), progress, allow_missing=allow_missing
        )
        found = cache.fetch(manifests)
        for manifest in manifests:
            progress.say(f"resolving {os.path.basename(manifest.path)}")
            indexes = found[manifest.path]
            path = lock_path(manifest.path)
            previous = read_previous(path)
            if previous and not allow_older:
                check_dates(previous, indexes.suites)
            resolutions = resolve_manifest(manifest, indexes.by_architecture)
            lock = build_lock(manifest, resolutions, indexes.suites, indexes.missing, previous)
            notes = missed_updates(manifest, resolutions, indexes.missing)
            results.append(_Result(path, lock, previous, notes))
    return results


def _paths(named: Sequence[str]) -> list[str]:
    # `bazel run` starts the tool in another directory, and passes the user's in this variable.
    os.chdir(os.environ.get("BUILD_WORKING_DIRECTORY", "."))
    if named:
        return [os.path.normpath(path) for path in named]
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY", os.getcwd())
    found = sorted(glob.glob(os.path.join(glob.escape(workspace), "private", "lock", "*.yaml")))
    if not found:
        raise ToolError(f"{workspace}: no private/lock/*.yaml", "name a manifest")
    return [os.path.relpath(path) for path in found]


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
