"""Package sets to exact packages, for one architecture. Touches no files."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tools.lib.debian.lock import PackageKey
from tools.lock.manifest import PackageSet
from tools.lock.packages import Package
from tools.lock.relations import Clause, Relation
from tools.lock.universe import Universe


class Problem(NamedTuple):
    """Why a set cannot be had: the set, and the chain of dependencies with its end."""

    set: str
    text: str
    hint: str


class Resolution(NamedTuple):
    """All sets for one architecture.

    Attributes:
        sets: the packages of each set less those of its bases, by name.
        edges: keys of the packages that satisfy the dependencies of a package, by its key.
        left_out: of each set, which of the `ignored_dependencies` left something out.
        problems: if there are any, the rest is incomplete.
    """

    sets: Mapping[str, Mapping[str, Package]]
    edges: Mapping[PackageKey, frozenset[PackageKey]]
    left_out: Mapping[str, frozenset[str]]
    problems: Sequence[Problem]


def resolve(sets: Sequence[PackageSet], universe: Universe) -> Resolution:
    """Resolves the sets of `universe`'s architecture; bases come before what stands on them."""
    chosen: dict[str, dict[str, Package]] = {}
    edges: dict[PackageKey, set[PackageKey]] = {}
    left_out: dict[str, frozenset[str]] = {}
    problems: list[Problem] = []
    broken: set[str] = set()
    for package_set in sets:
        if universe.architecture not in package_set.architectures:
            continue
        if broken.intersection(package_set.bases):
            broken.add(package_set.name)
            continue
        below = {name: item for base in package_set.bases for name, item in chosen[base].items()}
        solver = _Solver(package_set, universe, below)
        solver.run()
        if solver.problems:
            broken.add(package_set.name)
        problems += solver.problems
        chosen[package_set.name] = solver.chosen
        left_out[package_set.name] = frozenset(solver.left_out)
        for key, targets in solver.edges():
            edges.setdefault(key, set()).update(targets)
    return Resolution(
        chosen, {key: frozenset(item) for key, item in edges.items()}, left_out, problems
    )


class _Solver:
    """One set. Dependencies with one solution are followed to the end before any choice is made,
    so that a choice that another package decides anyway is not made twice."""

    def __init__(
        self, package_set: PackageSet, universe: Universe, below: Mapping[str, Package]
    ) -> None:
        self.chosen: dict[str, Package] = {}
        self.left_out: set[str] = set()
        self.problems: list[Problem] = []
        self._set = package_set
        self._universe = universe
        self._below = below
        # What asked for a package first: the package that did, and how it named it.
        self._cause: dict[str, tuple[str, str]] = {}
        # By each name that a package has or provides.
        self._by_name: dict[str, list[Package]] = {}
        for package in below.values():
            self._know(package)

    def run(self) -> None:
        queue: deque[Package] = deque()
        choices: deque[tuple[Package, Clause]] = deque()
        for root in self._set.roots:
            if root.wanted_on(self._universe.architecture):
                queue.extend(self._add_root(root.relation))
        while queue or choices:
            if queue:
                package = queue.popleft()
                for clause in package.depends:
                    options = self._open(package, clause)
                    if len(options) > 1:
                        choices.append((package, clause))
                    else:
                        queue.extend(self._add(package, options))
            else:
                package, clause = choices.popleft()
                queue.extend(self._add(package, self._open(package, clause)))
        self._check_conflicts()

    def edges(self) -> Iterable[tuple[PackageKey, set[PackageKey]]]:
        """For each package here and below, the keys of those that satisfy its dependencies."""
        for package in (*self._below.values(), *self.chosen.values()):
            targets = set()
            for clause in package.depends:
                found = next((each for item in clause for each in self._satisfying(item)), None)
                if found and found is not package:
                    targets.add(found.key)
            yield package.key, targets

    def _add_root(self, relation: Relation) -> list[Package]:
        if relation.name in self._below or relation.name in self.chosen:
            return []
        package = self._universe.candidate(relation.name)
        if not package:
            self._problem(str(relation), self._why_not((relation,)), self._instead_of(relation))
            return []
        return self._choose(package)

    def _instead_of(self, root: Relation) -> str:
        """What to list in place of a root that cannot be had."""
        providers = ", ".join(item.name for item in self._universe.options(root))
        if providers:
            return f"list one of those that provide it: {providers}"
        if self._universe.versions(root.name):
            return ""
        near = self._universe.near(root.name)
        return f"names near {root.name}: {', '.join(near)}" if near else ""

    def _open(self, package: Package, clause: Clause) -> list[tuple[Relation, Package]]:
        """The packages that could satisfy a clause; empty if it is satisfied or may stay unmet."""
        if any(self._satisfying(relation) for relation in clause):
            return []
        left_out = [
            relation.name for relation in clause if relation.name in self._set.ignored_dependencies
        ]
        if left_out:
            self.left_out.update(left_out)
            return []
        options = [(item, each) for item in clause for each in self._universe.options(item)]
        if not options:
            self._problem(self._chain(package, clause), self._why_not(clause))
        elif not self._set.resolve_dependencies:
            self._problem(
                self._chain(package, clause),
                "not in the set",
                "list it among the packages, or under `ignored_dependencies` with the reason",
            )
            return []
        return options

    def _add(self, package: Package, options: list[tuple[Relation, Package]]) -> list[Package]:
        if not options:
            return []
        relation, chosen = options[0]
        if chosen.name in self.chosen or chosen.name in self._below:
            return []
        self._cause[chosen.name] = (package.name, str(relation))
        return self._choose(chosen)

    def _choose(self, package: Package) -> list[Package]:
        self.chosen[package.name] = package
        self._know(package)
        return [package]

    def _know(self, package: Package) -> None:
        for name in {package.name, *(item.name for item in package.provides)}:
            self._by_name.setdefault(name, []).append(package)

    def _satisfying(self, relation: Relation) -> list[Package]:
        if not relation.fits(self._universe.architecture):
            return []
        found = [item for item in self._by_name.get(relation.name, ()) if item.satisfies(relation)]
        return sorted(found, key=lambda item: item.name != relation.name)

    def _check_conflicts(self) -> None:
        for package in (*self._below.values(), *self.chosen.values()):
            for relation in package.conflicts:
                for other in self._satisfying(relation):
                    both_below = package.name in self._below and other.name in self._below
                    if other is not package and not both_below:
                        self._problem(
                            self._chain(package, (relation,), "conflicts with"),
                            f"but {self._chain(other)} {other.version} is in the set",
                        )

    def _chain(self, package: Package, clause: Clause | None = None, verb: str = "->") -> str:
        """How a package came into the set, and what it asks for: `a -> b (>= 1) -> c | d`."""
        steps = []
        name: str | None = package.name
        while name:
            name, asked = self._cause.get(name, (None, name))
            steps.append(asked)
        text = " -> ".join(reversed(steps))
        return f"{text} {verb} {' | '.join(map(str, clause))}" if clause else text

    def _why_not(self, clause: Clause) -> str:
        """Why nothing satisfies a clause."""
        reasons = []
        for relation in clause:
            found = self._universe.versions(relation.name)
            if not relation.fits(self._universe.architecture):
                reasons.append(f"{relation} is of another architecture")
            elif found:
                versions = ", ".join(f"{item.version} ({item.origin})" for item in found)
                reasons.append(f"of {relation.name} there is only {versions}")
        origins = ", ".join(self._universe.origins)
        return "; ".join(reasons) or f"in none of {origins or 'the files'}"

    def _problem(self, chain: str, reason: str, hint: str = "") -> None:
        self.problems.append(Problem(self._set.name, f"{chain}: {reason}", hint))
