"""Resolves a manifest for all its architectures, or reports all problems in one error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

from tools.lib.cli.errors import ToolError
from tools.lib.debian.names import PackageName
from tools.lib.debian.relations import Relation
from tools.lock.candidates import Candidates, PackageIndex
from tools.lock.manifest import Manifest, PinnedFile
from tools.lock.packages import IndexPackage, pinned_package
from tools.lock.resolution import Problem, Resolution
from tools.lock.solver import resolve_sets

_MAX_REPORTED = 8


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
    _raise_problems(manifest, resolutions)
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
        if not resolution.problems or not kept:
            return _with_missing(manifest, candidates, resolution)
        stuck = set()
        for problem in resolution.problems:
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


def _with_missing(manifest: Manifest, candidates: Candidates, resolution: Resolution) -> Resolution:
    """Says what explicit sets lack: all of it, also what the missing packages depend on."""
    if not any(problem.is_missing for problem in resolution.problems):
        return resolution
    sets = [replace(each, resolve_dependencies=True) for each in manifest.sets]
    complete = resolve_sets(sets, candidates)
    problems = []
    for problem in resolution.problems:
        if problem.is_missing:
            name = problem.path.removeprefix("sets.")
            added = complete.sets.get(name, {}).keys() - resolution.sets[name].keys()
            hint = (
                f"add to {problem.path}.packages: {', '.join(sorted(added))}; or to"
                " `ignored_dependencies` with a reason"
            )
            problem = replace(problem, hint=hint)
        problems.append(problem)
    return replace(resolution, problems=problems)


def _raise_problems(manifest: Manifest, resolutions: Mapping[str, Resolution]) -> None:
    found: dict[tuple[str, str], list[Problem]] = defaultdict(list)
    architectures: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for architecture, resolution in resolutions.items():
        for problem in resolution.problems:
            key = problem.path, problem.what
            found[key].append(problem)
            architectures[key][architecture] = None
    if not found:
        return
    # Details such as versions may differ by architecture; the first one's will do.
    texts = [
        f"{path}: {what} on {', '.join(architectures[path, what])}{problems[0].detail}"
        for (path, what), problems in found.items()
    ]
    hints = (problem.hint for problems in found.values() for problem in problems if problem.hint)
    more = f"; and {len(texts) - _MAX_REPORTED} more" if len(texts) > _MAX_REPORTED else ""
    raise ToolError(f"{manifest.path}: {'; '.join(texts[:_MAX_REPORTED])}{more}", next(hints, ""))


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
                where = f"sets.{package_set.name}.ignored_dependencies.{name}"
                raise ToolError(
                    f"{manifest.path}: {where}: no package of the set depends on it",
                    "remove the line",
                )
