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
from tools.lock.lockfile import build_lock, changes, check_lock, lock_path, read_previous
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
    flags = parser.parse_args(argv)

    manifests = [read_manifest(path) for path in _paths(flags.manifest)]
    if flags.check:
        for manifest in manifests:
            check_lock(manifest)
        return 0
    # Nothing is written before all manifests are resolved.
    for result in _results(manifests):
        with atomic_write(result.path) as out:
            out.write(render_lock(result.lock))
        print(f"{os.path.relpath(result.path)}: {len(result.lock.packages)} packages")
        changed = changes(result.previous, result.lock) if result.previous else []
        for line in [*changed, *result.notes]:
            print(f"  {line}")
    return 0


def _results(manifests: Sequence[Manifest]) -> list[_Result]:
    # Slow to import, and not needed for --check.
    from tools.lock.progress import show_progress
    from tools.lock.repositories import IndexCache

    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    cache = os.path.join(home, "distroless", "lock")
    results = []
    with show_progress() as progress:
        indexes = IndexCache(cache, datetime.datetime.now(datetime.UTC), progress).fetch(manifests)
        for manifest in manifests:
            progress.say(f"resolving {os.path.basename(manifest.path)}")
            resolutions = resolve_manifest(
                manifest, {name: indexes[manifest.path, name] for name in manifest.architectures}
            )
            path = lock_path(manifest.path)
            previous = read_previous(path)
            lock = build_lock(manifest, resolutions, previous)
            results.append(_Result(path, lock, previous, missed_updates(manifest, resolutions)))
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
