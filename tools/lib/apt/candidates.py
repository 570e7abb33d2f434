"""The packages that can be chosen for one architecture, from all indexes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cmp_to_key
from types import MappingProxyType
from typing import Protocol

from tools.lib.apt.packages import IndexPackage
from tools.lib.cli.errors import ToolError
from tools.lib.debian.names import PackageName
from tools.lib.debian.relations import Relation, compare_versions

# What a resolution may take: far more than Debian's packages need, and seconds at most.
_MAX_STEPS = 5_000_000
_MAX_PROVIDERS = 1_000
# Names to compare a misspelled one with; Debian has 65,000 packages.
_MAX_COMPARED = 100_000


class PackageIndex(Protocol):
    """The packages of one index, for one architecture and `all`."""

    @property
    def suite(self) -> str:
        """The suite that the index belongs to, for messages."""

    def versions(self, name: str) -> Sequence[IndexPackage]:
        """All versions of a package."""

    def providers(self, name: str) -> Iterable[str]:
        """The names of packages of which some version provides `name`."""

    def names(self) -> Iterable[str]:
        """The names of all packages, in any order. Reads the whole index."""


class Candidates:
    """The packages of all indexes for one architecture.

    The candidate of a name is the version that is already in the base image; else the one that a
    lock before has; else its highest version. The last two must be within the manifest's bounds.
    Versions of suites that are not automatic come last, equal versions in the order of the indexes.

    Args:
        architecture: Debian's name of it.
        indexes: the indexes, in the order of the sources.
        bounds: of the manifest, by package.
        installed: the packages of the base image, by name.
        kept: the versions to keep of the lock before, by name.
    """

    def __init__(
        self,
        architecture: str,
        indexes: Sequence[PackageIndex],
        bounds: Mapping[PackageName, Sequence[Relation]],
        installed: Mapping[str, IndexPackage] = MappingProxyType({}),
        kept: Mapping[str, IndexPackage] = MappingProxyType({}),
    ) -> None:
        self.architecture = architecture
        self.suites = tuple(dict.fromkeys(index.suite for index in indexes))
        self.installed = installed
        self.kept = kept
        self._indexes = indexes
        self._bounds = bounds
        self._versions: dict[str, list[IndexPackage]] = {}
        self._providers: dict[str, list[IndexPackage]] = {}
        self._steps = 0

    def versions(self, name: str) -> list[IndexPackage]:
        """All versions of a package, the best first, within the manifest's bounds or not."""
        if name not in self._versions:
            found = [package for index in self._indexes for package in index.versions(name)]
            for known in (self.kept, self.installed):
                if name in known and not any(_is_same(known[name], each) for each in found):
                    found.append(known[name])
            # The sort is stable: equal versions keep the order of the indexes.
            self._versions[name] = sorted(found, key=cmp_to_key(_compare))
        return self._versions[name]

    def candidate(self, name: str) -> IndexPackage | None:
        """The version of a package to take, if there is one."""
        if name in self.installed:
            return self.installed[name]
        bounds = self._bounds.get(PackageName(name), ())
        fitting = [
            package
            for package in self.versions(name)
            if all(bound.allows_version(package.version) for bound in bounds)
        ]
        if name in self.kept:
            kept = self.kept[name]
            fitting.sort(key=lambda package: not _is_same(package, kept))
        return fitting[0] if fitting else None

    def newer(self, package: IndexPackage) -> IndexPackage | None:
        """The version that would be taken instead of a kept one; None if it is the same."""
        bounds = self._bounds.get(package.name, ())
        for other in self.versions(package.name):
            if all(bound.allows_version(other.version) for bound in bounds):
                return None if _is_same(other, package) else other
        return None

    def ahead(self) -> list[IndexPackage]:
        """The packages of the base image that are newer than in all indexes."""
        found = []
        for package in self.installed.values():
            orders = [
                compare_versions(each.version, package.version)
                for index in self._indexes
                for each in index.versions(package.name)
            ]
            if orders and max(orders) < 0:
                found.append(package)
        return found

    def satisfying(self, relation: Relation) -> list[IndexPackage]:
        """The candidates that satisfy `relation`, the best first.

        The package of that name comes before those that provide it, which are sorted by priority
        and then by name.
        """
        if not relation.allows_architecture(self.architecture):
            return []
        real = self.candidate(relation.name)
        first = [real] if real and relation.allows_version(real.version) else []
        found = self._providing(relation.name)
        self.spend(len(found))
        return first + [
            package for package in found if package is not real and package.satisfies(relation)
        ]

    def _providing(self, name: str) -> list[IndexPackage]:
        """The candidates of which some version provides a name."""
        if name not in self._providers:
            names = {each for index in self._indexes for each in index.providers(name)}
            for known in (self.kept, self.installed):
                names.update(each for each, package in known.items() if name in package.provides)
            if len(names) > _MAX_PROVIDERS:
                raise ToolError(f"more than {_MAX_PROVIDERS} packages provide {name:.80}")
            found = [package for each in sorted(names) if (package := self.candidate(each))]
            self._providers[name] = sorted(found, key=lambda package: package.priority)
        return self._providers[name]

    def spend(self, steps: int) -> None:
        """Counts comparisons of packages; raises a ToolError if there are too many."""
        self._steps += steps
        if self._steps > _MAX_STEPS:
            raise ToolError(
                f"{self.architecture}: resolving takes more than {_MAX_STEPS} steps",
                "an index with extreme dependencies? list fewer packages",
            )

    def similar_names(self, name: str) -> list[str]:
        """Up to three names of packages that are similar to `name`, the closest first."""
        from difflib import get_close_matches  # Only for errors.

        names = sorted({each for index in self._indexes for each in index.names()})
        close = get_close_matches(name, names[:_MAX_COMPARED], 6)
        # An index may list packages of other architectures.
        return [each for each in close if self.versions(each)][:3]


def _is_same(one: IndexPackage, other: IndexPackage) -> bool:
    """Whether both are the same file, or the same installed package."""
    return (one.version, one.sha256) == (other.version, other.sha256)


def _compare(one: IndexPackage, other: IndexPackage) -> int:
    if one.automatic != other.automatic:
        return -1 if one.automatic else 1
    return compare_versions(other.version, one.version)
