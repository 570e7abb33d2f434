"""Resolves a package set to exact packages for one architecture. Touches no files.

Dependencies that leave no choice are followed first, to the end. Only then is the first of several
alternatives taken, so that a choice is not made where another package settles it anyway.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

from tools.lib.apt.candidates import Candidates
from tools.lib.apt.packages import IndexPackage
from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import PackageKey
from tools.lib.debian.relations import (
    Alternatives,
    Relation,
    RequestedPackage,
    compare_versions,
)
from tools.lib.manifest.manifest import PackageSet
from tools.lib.resolver.resolution import Problem

_MAX_PACKAGES = 20_000
# Problems of a set after which the rest is not looked for.
_MAX_PROBLEMS = 100
# Characters of a dependency chain that an error shows.
_MAX_CHAIN = 500
_BASE_HINT = "use a base image with a suitable version, or limit the version of what needs it"


class SetSolver:
    """Resolves one set."""

    def __init__(
        self,
        package_set: PackageSet,
        candidates: Candidates,
        base: Mapping[str, IndexPackage],
    ) -> None:
        self.chosen: dict[str, IndexPackage] = {}
        self.ignored: set[str] = set()
        self.counted_on: set[str] = set()
        self.problems: list[Problem] = []
        # By package, the package that first depended on it, and on what.
        self.causes: dict[str, tuple[str, Relation]] = {}
        self._set = package_set
        self._path = f"sets.{package_set.name}"
        self._candidates = candidates
        self._base = base
        # By the names that packages have or provide.
        self._by_name: dict[str, list[IndexPackage]] = {}
        for package in base.values():
            self._register(package)

    def run(self) -> None:
        queue: deque[IndexPackage] = deque()
        choices: deque[tuple[IndexPackage, Alternatives]] = deque()
        for requested in self._set.packages:
            if requested.applies_to(self._candidates.architecture):
                queue.extend(self._add_requested(requested))
        while (queue or choices) and len(self.problems) < _MAX_PROBLEMS:
            if queue:
                package = queue.popleft()
                for dependency in package.depends:
                    options = self._options(package, dependency)
                    if len(options) > 1:
                        choices.append((package, dependency))
                    else:
                        queue.extend(self._add(package, options))
            else:
                package, dependency = choices.popleft()
                queue.extend(self._add(package, self._options(package, dependency)))
        self._check_conflicts()

    def depends(self) -> Iterator[tuple[PackageKey, set[PackageKey]]]:
        """For each package of the set and its bases, what satisfies its dependencies."""
        for package in (*self._base.values(), *self.chosen.values()):
            if package.is_installed:
                continue
            targets = set()
            for dependency in package.depends:
                found = next((each for item in dependency for each in self._satisfying(item)), None)
                if found and found.is_installed:
                    self.counted_on.add(found.name)
                elif found and found is not package:
                    targets.add(found.key)
            yield package.key, targets

    def _add_requested(self, requested: RequestedPackage) -> list[IndexPackage]:
        name = requested.relation.name
        installed = self._candidates.installed.get(name)
        if installed:
            self.counted_on.add(name)
            if not requested.relation.allows_version(installed.version):
                self.problems.append(self._base_differs(requested.path, requested.relation))
        if name in self._base or name in self.chosen:
            return []
        package = self._candidates.candidate(name)
        if not package:
            self.problems.append(self._not_found(requested))
            return []
        return self._choose(package)

    def _not_found(self, requested: RequestedPackage) -> Problem:
        """Why a package that the manifest lists has no candidate."""
        relation = requested.relation
        if self._candidates.versions(relation.name):
            what = f'no suitable version of "{relation}"'
            detail = f", found {self._found((relation,))}"
            return Problem(requested.path, what, detail, "", may_be_outdated=True)
        providers = ", ".join(item.name for item in self._candidates.satisfying(relation))
        if providers:
            return Problem(
                requested.path,
                f'"{relation}" is a virtual package',
                "",
                f"list a package that provides it: {providers:.200}",
            )
        similar = " or ".join(self._candidates.similar_names(relation.name))
        detail = f" (did you mean {similar}?)" if similar else ""
        return Problem(requested.path, f'unknown package "{relation.name}"', detail, "")

    def _base_differs(self, path: str, relation: Relation) -> Problem:
        return Problem(
            path,
            f'no suitable version of "{relation}"',
            f": the base image has {relation.name}"
            f" {self._candidates.installed[relation.name].version}",
            _BASE_HINT,
        )

    def _options(
        self, package: IndexPackage, dependency: Alternatives
    ) -> list[tuple[Relation, IndexPackage]]:
        """The packages that could satisfy a dependency; empty if it is satisfied or ignored."""
        if any(self._satisfying(relation) for relation in dependency):
            return []
        ignored = [
            relation.name
            for relation in dependency
            if relation.name in self._set.ignored_dependencies
        ]
        if ignored:
            self.ignored.update(ignored)
            return []
        options = [
            (item, each) for item in dependency for each in self._candidates.satisfying(item)
        ]
        if not options:
            chain = self._chain(package, dependency)
            found = self._found(dependency)
            suites = ", ".join(self._candidates.suites)
            detail = f": found {found}" if found else f": not found in {suites}"
            in_base = [item for item in dependency if item.name in self._candidates.installed]
            self.problems.append(
                Problem(
                    self._path,
                    f"unmet dependency {chain}",
                    detail,
                    _BASE_HINT if in_base else "",
                    (frozenset(item.name for item in dependency), frozenset((package.name,))),
                    # The base image has a version. If it is too new, the package is too old.
                    may_be_outdated=bool(found) and not any(map(self._is_too_old, in_base)),
                )
            )
        elif not self._set.resolve_dependencies:
            what = f"missing dependency {self._chain(package, dependency)}"
            self.problems.append(Problem(self._path, what, "", "", is_missing=True))
            return []
        return options

    def _is_too_old(self, relation: Relation) -> bool:
        """Whether the base image has an older version of a package than a dependency wants."""
        version = self._candidates.installed[relation.name].version
        return relation.version is None or compare_versions(version, relation.version) <= 0

    def _add(
        self, package: IndexPackage, options: list[tuple[Relation, IndexPackage]]
    ) -> list[IndexPackage]:
        if not options:
            return []
        relation, chosen = options[0]
        if chosen.name in self.chosen or chosen.name in self._base:
            return []
        self.causes[chosen.name] = (package.name, relation)
        return self._choose(chosen)

    def _choose(self, package: IndexPackage) -> list[IndexPackage]:
        self.chosen[package.name] = package
        if len(self.chosen) > _MAX_PACKAGES:
            raise ToolError(f"{self._path}: more than {_MAX_PACKAGES} packages")
        self._register(package)
        return [package]

    def _register(self, package: IndexPackage) -> None:
        for name in {package.name, *package.provides}:
            self._by_name.setdefault(name, []).append(package)

    def _satisfying(self, relation: Relation) -> list[IndexPackage]:
        if not relation.allows_architecture(self._candidates.architecture):
            return []
        named = self._by_name.get(relation.name, [])
        self._candidates.spend(1 + len(named))
        found = [item for item in named if item.satisfies(relation)]
        return sorted(found, key=lambda item: item.name != relation.name)

    def _check_conflicts(self) -> None:
        for package in (*self._base.values(), *self.chosen.values()):
            for relation in package.conflicts:
                for other in self._satisfying(relation):
                    if len(self.problems) >= _MAX_PROBLEMS:
                        return
                    both_in_base = package.name in self._base and other.name in self._base
                    if other is not package and not both_in_base:
                        what = f"{self._chain(package)} conflicts with {relation}"
                        where = "base image has" if other.is_installed else "set contains"
                        detail = f", but the {where} {self._chain(other)} {other.version}"
                        hint = _BASE_HINT if other.is_installed or package.is_installed else ""
                        names = (frozenset((other.name,)), frozenset((package.name,)))
                        self.problems.append(
                            Problem(
                                self._path,
                                what,
                                detail,
                                hint,
                                names,
                                may_be_outdated=not other.is_installed,
                            )
                        )

    def _chain(self, package: IndexPackage, dependency: Alternatives = ()) -> str:
        """How a package came into the set, and what it depends on: `a -> b (>= 1) -> c | d`."""
        steps = [" | ".join(map(str, dependency))] if dependency else []
        name: str | None = package.name
        while name:
            cause = self.causes.get(name)
            steps.append(str(cause[1]) if cause else name)
            name = cause[0] if cause else None
        text = " -> ".join(reversed(steps))
        return text if len(text) <= _MAX_CHAIN else f"{text[:_MAX_CHAIN]}..."

    def _found(self, dependency: Alternatives) -> str:
        """The versions of the named packages, of which none is suitable; empty: there are none."""
        found = []
        for relation in dependency:
            versions = self._candidates.versions(relation.name)
            if not relation.allows_architecture(self._candidates.architecture):
                found.append(f"{relation.name} for {self._candidates.architecture} only")
            elif versions:
                listed = ", ".join(f"{item.version} ({item.suite})" for item in versions)
                found.append(f"{relation.name} {listed}")
        text = "; ".join(found)
        return text if len(text) <= _MAX_CHAIN else f"{text[:_MAX_CHAIN]}..."
