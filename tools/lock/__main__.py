"""Resolves the package sets of manifests and writes their locks (docs/lock.md)."""

from __future__ import annotations

import datetime
import glob
import os
import sys
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_write
from tools.lib.cli.flags import Parser
from tools.lib.debian.lock import Lock, render_lock
from tools.lock.lockfile import build_lock, changes, check_lock, lock_path, read_previous
from tools.lock.manifest import Manifest
from tools.lock.manifest_reader import read_manifest
from tools.lock.resolving import behind, resolve_manifest


def main(argv: Sequence[str]) -> int:
    parser = Parser("lock", "Resolves the package sets of manifests and writes their locks.")
    parser.add_argument("manifest", nargs="*", help="default: private/lock/*.yaml")
    parser.add_argument("--check", action="store_true", help="only tell whether locks are stale")
    flags = parser.parse_args(argv)

    paths = _paths(flags.manifest)
    manifests = [read_manifest(path) for path in paths]
    if flags.check:
        for manifest in manifests:
            check_lock(manifest)
        return 0
    for manifest, lock, previous, notes in _locks(manifests):
        path = lock_path(manifest.path)
        with atomic_write(path) as out:
            out.write(render_lock(lock))
        print(f"{os.path.relpath(path)}: {len(lock.packages)} packages")
        for line in [*(changes(previous, lock) if previous else ()), *notes]:
            print(f"  {line}")
    return 0


def _locks(
    manifests: Sequence[Manifest],
) -> list[tuple[Manifest, Lock, Lock | None, list[str]]]:
    """Manifests with their locks, new and previous, and what there is to say of them; nothing is
    written before all are resolved."""
    # Slow to import, and --check has no need of them.
    from tools.lock.indexes import Library
    from tools.lock.progress import shown

    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    cache = os.path.join(home, "distroless", "lock")
    with shown() as progress:
        indexed = Library(cache, datetime.datetime.now(datetime.UTC), progress).fetch(manifests)
        locks = []
        for manifest in manifests:
            progress.say(f"resolving {os.path.basename(manifest.path)}")
            resolutions = resolve_manifest(
                manifest, {name: indexed[manifest.path, name] for name in manifest.architectures}
            )
            previous = read_previous(lock_path(manifest.path))
            lock = build_lock(manifest, resolutions, previous)
            locks.append((manifest, lock, previous, behind(manifest, resolutions)))
    return locks


def _paths(named: Sequence[str]) -> list[str]:
    # `bazel run` starts tools elsewhere, and says where its user stands.
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
