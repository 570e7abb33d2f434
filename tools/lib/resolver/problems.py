"""The error for sets that cannot be resolved: all problems, and lines for the user to paste."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tools.lib.apt.packages import IndexPackage
from tools.lib.cli.errors import ToolError
from tools.lib.manifest.manifest import Manifest
from tools.lib.manifest.paste import package_lines, source_lines
from tools.lib.resolver.resolution import Problem, Resolution
from tools.lib.resolver.security import security_sources

_MAX_REPORTED = 8


Missing = Mapping[str, Mapping[str, tuple[str, Sequence[str]]]]
"""By the name of a set and of a package that it lacks: the reason, and the architectures."""

Advice = tuple[str, list[str]]
"""A hint, and the lines to paste that it is about."""


def raise_problems(manifest: Manifest, resolutions: Mapping[str, Resolution]) -> None:
    """Raises a ToolError if there is a problem on some architecture.

    Args:
        manifest: what was resolved.
        resolutions: by architecture.
    """
    found: dict[tuple[str, str], dict[str, Problem]] = defaultdict(dict)
    for architecture, resolution in resolutions.items():
        for problem in resolution.problems:
            found[problem.path, problem.what][architecture] = problem
    # Details such as versions may differ by architecture; the first one's will do.
    texts = [
        f"{manifest.place(path)}: {what} on {', '.join(by_architecture)}"
        f"{next(iter(by_architecture.values())).detail}"
        for (path, what), by_architecture in found.items()
    ]
    if len(texts) > _MAX_REPORTED:
        texts[_MAX_REPORTED:] = [f"and {len(texts) - _MAX_REPORTED} more"]
    missing = _missing(resolutions)
    texts = [*(_text(manifest, name, each) for name, each in missing.items()), *texts]
    if not texts:
        return
    problems = [each for by_architecture in found.values() for each in by_architecture.values()]
    advice: list[Advice] = [
        *_security(manifest, resolutions, problems),
        *_additions(manifest, missing),
    ]
    if not advice:
        advice = [(next((each.hint for each in problems if each.hint), ""), [])]
    raise ToolError(
        f"{manifest.path}: {'; '.join(texts)}",
        "; ".join(hint for hint, _ in advice),
        [line for _, lines in advice for line in lines],
    )


def _missing(resolutions: Mapping[str, Resolution]) -> Missing:
    found: dict[str, dict[str, tuple[str, list[str]]]] = {}
    for architecture, resolution in resolutions.items():
        for set_name, reasons in resolution.missing.items():
            packages = found.setdefault(set_name, {})
            for name, reason in reasons.items():
                packages.setdefault(name, (reason, []))[1].append(architecture)
    return found


def _text(manifest: Manifest, name: str, missing: Mapping[str, tuple[str, Sequence[str]]]) -> str:
    found = {each for _, names in missing.values() for each in names}
    architectures = [each for each in manifest.architectures if each in found]
    what = "1 dependency is" if len(missing) == 1 else f"{len(missing)} dependencies are"
    return f"{manifest.place(f'sets.{name}')}: {what} missing on {', '.join(architectures)}"


def _additions(manifest: Manifest, missing: Missing) -> Iterator[Advice]:
    """A hint and the lines that add what explicit sets lack."""
    if not missing:
        return
    hint = "add these lines to `packages`, or the names to `ignored_dependencies` with a reason"
    lines = []
    for package_set in manifest.sets:
        if package_set.name in missing:
            if len(missing) > 1:
                lines.append(manifest.place(f"sets.{package_set.name}.packages"))
            lines += package_lines(manifest, package_set, missing[package_set.name])
    yield hint, lines


def _security(
    manifest: Manifest, resolutions: Mapping[str, Resolution], problems: Sequence[Problem]
) -> Iterator[Advice]:
    """A hint and the lines that add the suites of security updates that the base image has."""
    outdated: dict[str, IndexPackage] = {
        package.name: package for each in resolutions.values() for package in each.outdated
    }
    sources = security_sources(manifest.sources)
    about = [problem for problem in problems if problem.may_be_outdated]
    if not (outdated and sources and about):
        return
    named = [name for problem in about for names in problem.packages for name in sorted(names)]
    example = outdated[next((name for name in named if name in outdated), min(outdated))]
    yield (
        f"the base image has security updates that the sources do not have, such as {example.name}"
        f" {example.version}: add the source of these updates",
        source_lines(manifest, sources),
    )
