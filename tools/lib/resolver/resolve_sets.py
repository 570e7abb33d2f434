"""Resolves all package sets of a manifest for one architecture."""

from __future__ import annotations

from collections.abc import Sequence

from tools.lib.apt.candidates import Candidates
from tools.lib.apt.packages import IndexPackage
from tools.lib.debian.lock import PackageKey
from tools.lib.debian.relations import Relation
from tools.lib.manifest.manifest import PackageSet
from tools.lib.resolver.resolution import Problem, Resolution
from tools.lib.resolver.solver import SetSolver


def resolve_sets(sets: Sequence[PackageSet], candidates: Candidates) -> Resolution:
    """Resolves the sets for the architecture of `candidates`.

    Args:
        sets: the sets; bases come before the sets that name them.
        candidates: the packages to choose from.
    """
    chosen: dict[str, dict[str, IndexPackage]] = {}
    depends: dict[PackageKey, set[PackageKey]] = {}
    ignored: dict[str, frozenset[str]] = {}
    causes: dict[str, dict[str, tuple[str, Relation]]] = {}
    counted_on: set[str] = set()
    problems: list[Problem] = []
    failed: set[str] = set()
    for package_set in sets:
        if candidates.architecture not in package_set.architectures:
            continue
        if failed.intersection(package_set.bases):
            failed.add(package_set.name)
            continue
        below = {name: item for each in package_set.bases for name, item in chosen[each].items()}
        base = {**candidates.installed, **below}
        solver = SetSolver(package_set, candidates, base)
        solver.run()
        if solver.problems:
            failed.add(package_set.name)
        problems += solver.problems
        chosen[package_set.name] = solver.chosen
        causes[package_set.name] = solver.causes
        ignored[package_set.name] = frozenset(solver.ignored)
        for key, targets in solver.depends():
            depends.setdefault(key, set()).update(targets)
        counted_on |= solver.counted_on
    return Resolution(
        chosen,
        {key: frozenset(item) for key, item in depends.items()},
        ignored,
        frozenset(counted_on),
        [
            (package, newer)
            for packages in chosen.values()
            for package in packages.values()
            if package.name in candidates.kept and (newer := candidates.newer(package))
        ],
        problems,
        causes,
    )
