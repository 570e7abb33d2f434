"""Resolves the package sets of manifests, and writes and explains their locks (docs/lock.md)."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_write
from tools.lib.cli.progress import show_progress
from tools.lib.debian.lock import read_lock, render_lock
from tools.lib.manifest.manifest_reader import read_manifest
from tools.lib.resolver.base_image import check_base, read_base
from tools.lib.resolver.lockfile import changes, check_lock
from tools.lock.explain import dot_graph, graph, why
from tools.lock.options import Options, parse_options


def main(argv: Sequence[str]) -> int:
    options = parse_options(argv)
    if options.command:
        return _COMMANDS[options.command](options)
    return _check(options) if options.check else _lock(options)


def _lock(options: Options) -> int:
    from tools.lib.resolver.locking import (
        lock_manifests,  # Slow to import, and not needed otherwise.
    )

    with show_progress(prefix="lock: ") as progress:
        results = lock_manifests(options.manifests, options.settings, progress)
    # Nothing is written before all manifests are resolved.
    for result in results:
        with atomic_write(result.path) as out:
            out.write(render_lock(result.lock))
        print(f"{os.path.relpath(result.path)}: {len(result.lock.packages)} packages")
        changed = changes(result.previous, result.lock) if result.previous else []
        for line in [*changed, *result.notes]:
            print(f"  {line}")
    return 0


def _check(options: Options) -> int:
    base = read_base(options.settings.base_status)
    for file in options.manifests:
        manifest = read_manifest(
            file.path, file.name, options.settings.base_label, install=file.install
        )
        lock = check_lock(manifest, file.lock, file.command)
        check_base(lock, base, file.lock, file.command)
    return 0


def _why(options: Options) -> int:
    if not options.words:
        raise ToolError("lock: why: missing PACKAGE", "write `why`, and the names of packages")
    locks = {file.lock: read_lock(file.lock, file.command) for file in options.manifests}
    for name in options.words:
        for line in why(locks, name):
            print(line)
    return 0


def _graph(options: Options) -> int:
    for file in options.manifests:
        lock = read_lock(file.lock, file.command)
        for line in (dot_graph if options.dot else graph)(lock, file.lock, options.words):
            print(line)
    return 0


def _diff(options: Options) -> int:
    paths = [*options.words, *(file.lock for file in options.manifests)][:2]
    if len(paths) < 2 or len(options.words) > 2:
        raise ToolError(
            "lock: diff: two locks are needed", "write `diff OLD.lock.json NEW.lock.json`"
        )
    before, after = map(read_lock, paths)
    for line in changes(before, after):
        print(line)
    return 0


def _import(options: Options) -> int:
    from tools.lock.imported import convert, read_foreign

    if len(options.words) not in (2, 3):
        raise ToolError(
            "lock: import: FILE and NEW.yaml are needed",
            "write `import FILE NEW.yaml`: FILE is a manifest or lock of rules_distroless, or a"
            " MODULE.bazel with its tags",
        )
    source, path, *name = options.words
    if os.path.exists(path):
        raise ToolError(f"{path}: file exists", "name a new file")
    text, notes = convert(read_foreign(source, "".join(name)))
    with atomic_write(path) as out:
        out.write(text.encode())
    print(f"{path}: written (to lock it: bazel run @distroless//tools/lock -- {path})")
    for line in notes:
        print(f"  {line}")
    return 0


_COMMANDS = {"why": _why, "graph": _graph, "diff": _diff, "import": _import}


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
