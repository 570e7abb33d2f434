"""What can be chosen for one architecture: at most one version of each name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cmp_to_key
from typing import Protocol

from tools.lock.packages import Package
from tools.lock.relations import Relation, compare


class Packages(Protocol):
    """The packages of one source for one architecture (and `all`)."""

    def named(self, name: str) -> Sequence[Package]:
        """All versions of a package."""

    def providers(self, name: str) -> Iterable[str]:
        """Names of the packages of which some version provides `name`."""

    def names(self) -> Iterable[str]:
        """Names of all packages, in any order; reads the whole index."""


class Universe:
    """The packages of all sources for one architecture.

    Of a name, the highest version within the manifest's own bounds is the candidate; versions of
    suites that are not automatic come after all others, equal ones in the order of the sources.
    """

    def __init__(
        self,
        architecture: str,
        sources: Sequence[Packages],
        origins: Sequence[str],
        bounds: Mapping[str, Sequence[Relation]],
    ) -> None:
        self.architecture = architecture
        self.origins = tuple(dict.fromkeys(origins))
        self._sources = sources
        self._bounds = bounds
        self._versions: dict[str, list[Package]] = {}

    def versions(self, name: str) -> list[Package]:
        """All versions of a package, the best first, within the manifest's bounds or not."""
        if name not in self._versions:
            found = [package for source in self._sources for package in source.named(name)]
            # The sort is stable: equal versions keep the order of the sources.
            self._versions[name] = sorted(found, key=cmp_to_key(_better))
        return self._versions[name]

    def candidate(self, name: str) -> Package | None:
        """The version to take of a package, if there is one."""
        bounds = self._bounds.get(name, ())
        for package in self.versions(name):
            if all(bound.admits(package.version) for bound in bounds):
                return package
        return None

    def near(self, name: str) -> list[str]:
        """Up to three packages that `name` may have been meant for, the nearest first."""
        from difflib import get_close_matches  # Only for errors.

        names = {each for source in self._sources for each in source.names()}
        close = get_close_matches(name, sorted(names), 6)
        # An index may list packages of architectures that do not count.
        return [each for each in close if self.versions(each)][:3]

    def options(self, relation: Relation) -> list[Package]:
        """The candidates that satisfy `relation`, the best first.

        A package of the name itself beats those that provide it; those are sorted by priority and
        then by name.
        """
        if not relation.fits(self.architecture):
            return []
        real = self.candidate(relation.name)
        if real and relation.admits(real.version):
            return [real]
        names = {name for source in self._sources for name in source.providers(relation.name)}
        found = [package for name in sorted(names) if (package := self.candidate(name))]
        return sorted(
            (package for package in found if package.satisfies(relation)),
            key=lambda package: package.priority,
        )


def _better(one: Package, other: Package) -> int:
    if one.automatic != other.automatic:
        return -1 if one.automatic else 1
    return compare(other.version, one.version)
