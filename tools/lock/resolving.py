"""A manifest resolved on all its architectures, or one error that tells of all problems."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import Version
from tools.lock.manifest import File, Manifest
from tools.lock.packages import Package
from tools.lock.relations import Relation, compare
from tools.lock.resolve import Resolution, resolve
from tools.lock.universe import Packages, Universe

_TOLD = 8


class Source(Packages, Protocol):
    """Packages, and the suite they are of."""

    @property
    def origin(self) -> str: ...


class Pinned:
    """The files of a manifest for one architecture (`universe.Packages`)."""

    origin = "files"

    def __init__(self, files: Sequence[File], architecture: str) -> None:
        self._packages = [
            Package(
                name=file.name,
                version=file.version,
                architecture=file.architecture,
                url=file.url,
                sha256=file.sha256,
                size=file.size,
                origin=self.origin,
            )
            for file in files
            if file.architecture in (architecture, "all")
        ]

    def named(self, name: str) -> list[Package]:
        return [package for package in self._packages if package.name == name]

    def providers(self, name: str) -> list[str]:
        return []

    def names(self) -> list[str]:
        return [package.name for package in self._packages]


def resolve_manifest(
    manifest: Manifest, sources: Mapping[str, Sequence[Source]]
) -> dict[str, Resolution]:
    """The resolution of each architecture.

    Args:
        manifest: what is wanted.
        sources: by architecture, what there is, in the manifest's order.
    """
    resolutions = {}
    for architecture in manifest.architectures:
        bounds: dict[str, list[Relation]] = defaultdict(list)
        for package_set in manifest.sets:
            for root in package_set.roots:
                if architecture in package_set.architectures and root.wanted_on(architecture):
                    bounds[root.relation.name].append(root.relation)
        pinned = [Pinned(manifest.files, architecture)] if manifest.files else []
        there: list[Source] = [*pinned, *sources[architecture]]
        universe = Universe(architecture, there, [item.origin for item in there], bounds)
        resolutions[architecture] = resolve(manifest.sets, universe)
    _raise_problems(manifest, resolutions)
    _check_left_out(manifest, resolutions)
    return resolutions


def behind(manifest: Manifest, resolutions: Mapping[str, Resolution]) -> list[str]:
    """What architectures miss that a source leaves out, for its reader: those that leave out a
    suite of security updates should know what it costs."""
    lines = []
    for source in manifest.sources:
        left_out = [each for each in manifest.architectures if each not in source.architectures]
        best: dict[str, Package] = {}
        for package in _chosen(resolutions[each] for each in source.architectures):
            if _newer(package, best.get(package.name)):
                best[package.name] = package
        older: dict[str, list[str]] = defaultdict(list)
        for architecture in left_out:
            for package in _chosen([resolutions[architecture]]):
                other = best.get(package.name)
                if other and _newer(other, package):
                    text = f"{package.name} {package.version} (elsewhere {other.version})"
                    older[text].append(architecture)
        if left_out:
            suites = ", ".join(source.suites)
            cost = "older there:" if older else "nothing is older there"
            lines.append(f"{suites} is left out for {', '.join(left_out)}; {cost}")
            lines += [f"  {text}: {', '.join(names)}" for text, names in sorted(older.items())]
    return lines


def _chosen(resolutions: Iterable[Resolution]) -> list[Package]:
    """All packages of some architectures, each once."""
    found = {
        package.key: package
        for resolution in resolutions
        for chosen in resolution.sets.values()
        for package in chosen.values()
    }
    return list(found.values())


def _newer(one: Package, other: Package | None) -> bool:
    """Whether `one` was made from a newer source; rebuilds (+b1) differ between architectures."""
    if other is None:
        return True
    versions = [Version(re.sub(r"\+b[0-9]+$", "", each.version)) for each in (one, other)]
    return compare(*versions) > 0


def _raise_problems(manifest: Manifest, resolutions: Mapping[str, Resolution]) -> None:
    where: dict[tuple[str, str], list[str]] = defaultdict(list)
    hint = ""
    for architecture, resolution in resolutions.items():
        for problem in resolution.problems:
            where[problem.set, problem.text].append(architecture)
            hint = hint or problem.hint
    if not where:
        return
    texts = []
    wanted = {package_set.name: package_set.architectures for package_set in manifest.sets}
    for (name, text), architectures in where.items():
        everywhere = len(architectures) == len(wanted[name])
        names = "" if everywhere else f" ({', '.join(architectures)})"
        texts.append(f"{name}{names}: {text}")
    more = f"; and {len(texts) - _TOLD} more" if len(texts) > _TOLD else ""
    raise ToolError(f"{manifest.path}: {'; '.join(texts[:_TOLD])}{more}", hint)


def _check_left_out(manifest: Manifest, resolutions: Mapping[str, Resolution]) -> None:
    """What is left out needs a reason that still holds."""
    used: dict[str, set[str]] = defaultdict(set)
    for resolution in resolutions.values():
        for name, left_out in resolution.left_out.items():
            used[name].update(left_out)
    for package_set in manifest.sets:
        above = [each.name for each in manifest.sets if package_set.name in each.bases]
        for name in package_set.own_ignored:
            if not any(name in used[each] for each in (package_set.name, *above)):
                place = f"sets.{package_set.name}.ignored_dependencies.{name}"
                raise ToolError(
                    f"{manifest.path}: {place}: no package depends on it",
                    "remove the line",
                )
