"""Resolves a manifest for all its architectures, or reports all problems in one error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

from tools.lib.apt.candidates import Candidates, PackageIndex
from tools.lib.apt.packages import IndexPackage, pinned_package
from tools.lib.cli.errors import ToolError
from tools.lib.debian.names import PackageName
from tools.lib.debian.relations import Relation
from tools.lib.manifest.manifest import Manifest, PinnedFile
from tools.lib.resolver.problems import raise_problems
from tools.lib.resolver.resolution import Resolution
from tools.lib.resolver.resolve_sets import resolve_sets


class PinnedFiles:
    """The pinned files of a manifest for one architecture, as a `candidates.PackageIndex`."""

    suite = "files"

    def __init__(self, files: Sequence[PinnedFile], architecture: str) -> None:
        self._packages = [
            pinned_package(
                file.name,
                file.version,
                file.architecture,
                url=file.url,
                sha256=file.sha256,
                size=file.size,
            )
            for file in files
            if file.architecture in (architecture, "all")
        ]

    def versions(self, name: str) -> list[IndexPackage]:
        return [package for package in self._packages if package.name == name]

    def providers(self, name: str) -> list[str]:
        return []

    def names(self) -> list[str]:
        return [package.name for package in self._packages]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known for an architecture before its indexes are.

    Attributes:
        installed: the packages of the base image, by name.
        kept: the versions to keep of the lock before, by name.
    """

    installed: Mapping[str, IndexPackage] = field(default_factory=dict)
    kept: Mapping[str, IndexPackage] = field(default_factory=dict)


def resolve_manifest(
    manifest: Manifest,
    indexes: Mapping[str, Sequence[PackageIndex]],
    known: Mapping[str, Known] = MappingProxyType({}),
) -> dict[str, Resolution]:
    """Resolves a manifest.

    Args:
        manifest: what is wanted.
        indexes: by architecture, the indexes of the manifest's sources, in their order.
        known: by architecture, what is in the base image and in the lock before.

    Returns:
        The resolution of each architecture.

    Raises:
        ToolError: a package is unknown, a dependency unmet, or packages conflict; or an ignored
            dependency is never missing.
    """
    resolutions = {}
    for architecture in manifest.architectures:
        bounds: dict[PackageName, list[Relation]] = defaultdict(list)
        for package_set in manifest.sets:
            for package in package_set.packages:
                if architecture in package_set.architectures and package.applies_to(architecture):
                    bounds[package.relation.name].append(package.relation)
        pinned = [PinnedFiles(manifest.files, architecture)] if manifest.files else []
        own = known.get(architecture, Known())
        make = partial(
            Candidates, architecture, [*pinned, *indexes[architecture]], bounds, own.installed
        )
        try:
            resolutions[architecture] = _resolve(manifest, make, own.kept)
        except ToolError as error:
            raise ToolError(f"{manifest.path}: {error.message}", error.hint) from None
    raise_problems(manifest, resolutions)
    _check_ignored(manifest, resolutions)
    return resolutions


def _resolve(
    manifest: Manifest,
    make: Callable[[Mapping[str, IndexPackage]], Candidates],
    kept: Mapping[str, IndexPackage],
) -> Resolution:
    """Keeps as many versions as possible: those that cause a problem move on, and only they."""
    while True:
        candidates = make(kept)
        resolution = resolve_sets(manifest.sets, candidates)
        # What an explicit set lacks is for the user to add: no version needs to change.
        blocking = [problem for problem in resolution.problems if not problem.is_missing]
        if not blocking or not kept:
            return _explained(manifest, candidates, resolution)
        stuck = set()
        for problem in blocking:
            # The dependency before the package that depends on it.
            for names in problem.packages:
                movable = {
                    name for name in names & kept.keys() if candidates.newer(kept[name]) is not None
                }
                if movable:
                    stuck |= movable
                    break
        # Where no single package is to blame, all of them move on.
        kept = {name: each for name, each in kept.items() if stuck and name not in stuck}


def _explained(manifest: Manifest, candidates: Candidates, resolution: Resolution) -> Resolution:
    """Adds to problems what explicit sets lack, and where the base image is newer."""
    if not resolution.problems:
        return resolution
    outdated = candidates.ahead()
    if not any(problem.is_missing for problem in resolution.problems):
        return replace(resolution, outdated=outdated)
    # All that is missing, also what the missing packages and the sets above depend on.
    complete = resolve_sets(
        [replace(each, resolve_dependencies=True) for each in manifest.sets], candidates
    )
    missing = {}
    for package_set in manifest.sets:
        causes = complete.causes.get(package_set.name, {})
        if causes and not package_set.resolve_dependencies:
            missing[package_set.name] = {
                name: f"{dependent} depends on {'it' if relation.name == name else relation.name}"
                for name, (dependent, relation) in sorted(causes.items())
            }
    return replace(complete, missing=missing, outdated=outdated)


def _check_ignored(manifest: Manifest, resolutions: Mapping[str, Resolution]) -> None:
    """An ignored dependency that is never missing has a reason that no longer holds."""
    used: dict[str, set[str]] = defaultdict(set)
    for resolution in resolutions.values():
        for name, ignored in resolution.ignored.items():
            used[name].update(ignored)
    for package_set in manifest.sets:
        above = [each.name for each in manifest.sets if package_set.name in each.bases]
        for name in package_set.own_ignored:
            if not any(name in used[each] for each in (package_set.name, *above)):
                where = manifest.place(f"sets.{package_set.name}.ignored_dependencies.{name}")
                raise ToolError(
                    f"{manifest.path}: {where}: no package of the set depends on it",
                    "remove the line",
                )
