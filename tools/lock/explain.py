"""Explains locks, from the locks alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import Lock, PackageKey


def why(locks: Mapping[str, Lock], name: str) -> Iterator[str]:
    """Yields why a package is locked: a line for each set, and the chain that led to it.

    Sets and chains that are the same on several architectures are one line.

    Args:
        locks: by path.
        name: of the package.

    Raises:
        ToolError: no lock has the package.
    """
    found = False
    for path, lock in locks.items():
        lines: dict[str, list[str]] = {}
        for set_name, by_architecture in sorted(lock.sets.items()):
            for architecture, keys in sorted(by_architecture.items()):
                chain = _chain(lock, keys, name)
                if chain:
                    text = f"set {set_name}: {' -> '.join(chain)}"
                    lines.setdefault(text, []).append(architecture)
        for architecture, versions in sorted(lock.base.items()):
            if name in versions:
                text = f"base image: {name} {versions[name]}"
                lines.setdefault(text, []).append(architecture)
        for text, architectures in lines.items():
            found = True
            yield f"{path}: {text} ({', '.join(architectures)})"
    if not found:
        from difflib import get_close_matches

        names = sorted({each.name for lock in locks.values() for each in lock.packages.values()})
        close = " or ".join(get_close_matches(name, names, 3))
        detail = f" (did you mean {close}?)" if close else ""
        raise ToolError(
            f"{', '.join(locks)}: package not found: {name!r:.80}{detail}",
            "to lock it, add it to `packages` and lock again",
        )


def _chain(lock: Lock, keys: Sequence[PackageKey], name: str) -> list[str]:
    """The shortest chain of dependencies to a package, from one that nothing else depends on."""
    needed = {each for key in keys for each in lock.packages[key].depends if each != key}
    before: dict[PackageKey, PackageKey | None] = {}
    queue = deque(key for key in keys if key not in needed)
    before.update(dict.fromkeys(queue))
    while True:
        while queue:
            key = queue.popleft()
            if lock.packages[key].name == name:
                return _path(lock, before, key)
            for each in lock.packages[key].depends:
                if each in keys and each not in before:
                    before[each] = key
                    queue.append(each)
        # What is left depends on each other.
        start = next((key for key in keys if key not in before), None)
        if start is None:
            return []
        before[start] = None
        queue.append(start)


def _path(lock: Lock, before: Mapping[PackageKey, PackageKey | None], key: PackageKey) -> list[str]:
    steps = [f"{lock.packages[key].name} {lock.packages[key].version}"]
    at = before.get(key)
    while at is not None:
        steps.append(lock.packages[at].name)
        at = before.get(at)
    return steps[::-1]


def graph(lock: Lock, path: str, sets: Sequence[str]) -> Iterator[str]:
    """Yields what depends on what: a line for each package and architecture of a set.

    Args:
        lock: the lock.
        path: of the lock, for errors.
        sets: the sets to print; empty: all.

    Raises:
        ToolError: the lock does not have a set.
    """
    for name, by_architecture in _chosen_sets(lock, path, sets):
        for architecture, keys in sorted(by_architecture.items()):
            yield f"{name}.{architecture}"
            for key in keys:
                package = lock.packages[key]
                depends = [lock.packages[each].name for each in package.depends]
                arrow = f" -> {', '.join(depends)}" if depends else ""
                yield f"  {package.name} {package.version}{arrow}"


def dot_graph(lock: Lock, path: str, sets: Sequence[str]) -> Iterator[str]:
    """Yields the lines of a graph for dot(1): a node for each package file.

    The arguments and errors are those of `graph`.
    """
    keys = sorted(
        {
            key
            for _, by_architecture in _chosen_sets(lock, path, sets)
            for keys in by_architecture.values()
            for key in keys
        }
    )
    yield "digraph packages {"
    for key in keys:
        package = lock.packages[key]
        yield f'  "{key}" [label="{package.name}\\n{package.version}\\n{package.architecture}"];'
        for each in package.depends:
            yield f'  "{key}" -> "{each}";'
    yield "}"


def _chosen_sets(
    lock: Lock, path: str, sets: Sequence[str]
) -> list[tuple[str, Mapping[str, tuple[PackageKey, ...]]]]:
    for name in sets:
        if name not in lock.sets:
            raise ToolError(
                f"{path}: unknown set {name!r:.80}", f"known sets: {', '.join(sorted(lock.sets))}"
            )
    return [(name, lock.sets[name]) for name in sorted(sets or lock.sets)]
