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
from tools.lock import lockfile
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
            lockfile.check(manifest)
        return 0
    for manifest, lock, previous, notes in _locks(manifests):
        path = lockfile.path_of(manifest.path)
        with atomic_write(path) as out:
            out.write(lockfile.render(lock))
        print(f"{os.path.relpath(path)}: {len(lock['packages'])} packages")
        for line in [*(lockfile.changes(previous, lock) if previous else ()), *notes]:
            print(f"  {line}")
    return 0


def _locks(
    manifests: Sequence[Manifest],
) -> list[tuple[Manifest, lockfile.Lock, lockfile.Lock, list[str]]]:
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
            previous = lockfile.read_previous(lockfile.path_of(manifest.path))
            lock = lockfile.build(manifest, resolutions, previous)
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
