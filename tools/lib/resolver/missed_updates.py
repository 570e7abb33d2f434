"""Which packages are older on the architectures that a source or an index is left out for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tools.lib.apt.packages import IndexPackage
from tools.lib.debian.lock import MissingIndex
from tools.lib.debian.names import Version
from tools.lib.debian.relations import compare_versions
from tools.lib.manifest.manifest import Manifest
from tools.lib.resolver.resolution import Resolution


def missed_updates(
    manifest: Manifest, resolutions: Mapping[str, Resolution], missing: Sequence[MissingIndex]
) -> list[str]:
    """Lines for the user: what it costs that a source, such as security updates, is left out.

    Args:
        manifest: what was resolved.
        resolutions: by architecture.
        missing: indexes that were left out because no server had them.
    """
    lines: list[str] = []
    for source in manifest.sources:
        unread = [each for each in manifest.architectures if each not in source.architectures]
        if unread:
            suites = ", ".join(source.suites)
            lines += _cost(f"{suites} is not read for {', '.join(unread)}", unread, resolutions)
    # Suites that are missing for the same reason are one line.
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for index in missing:
        suite = f"{index.suite} {index.component}".rstrip()
        groups[suite, index.reason].append(index.architecture)
    for (suite, reason), architectures in groups.items():
        what = f"{suite} is left out for {', '.join(architectures)} ({reason})"
        lines += _cost(what, architectures, resolutions)
    return lines


def _cost(
    what: str, architectures: Sequence[str], resolutions: Mapping[str, Resolution]
) -> Iterator[str]:
    """`what`, and the packages that are older on some architectures than on all others."""
    best: dict[str, IndexPackage] = {}
    for package in _chosen(item for name, item in resolutions.items() if name not in architectures):
        if _is_newer(package, best.get(package.name)):
            best[package.name] = package
    older: dict[str, list[str]] = defaultdict(list)
    for architecture in architectures:
        for package in _chosen([resolutions[architecture]] if architecture in resolutions else []):
            other = best.get(package.name)
            if other and _is_newer(other, package):
                text = f"{package.name} {package.version} (elsewhere {other.version})"
                older[text].append(architecture)
    yield f"{what}; {'older packages there:' if older else 'no package is older there'}"
    for text, names in sorted(older.items()):
        yield f"  {text}: {', '.join(names)}"


def _chosen(resolutions: Iterable[Resolution]) -> list[IndexPackage]:
    """All packages of some architectures, each once."""
    found = {
        package.key: package
        for resolution in resolutions
        for chosen in resolution.sets.values()
        for package in chosen.values()
    }
    return list(found.values())


def _is_newer(one: IndexPackage, other: IndexPackage | None) -> bool:
    """Whether `one` comes from a newer source. Rebuilds (+b1) differ between architectures."""
    if other is None:
        return True
    versions = [Version(re.sub(r"\+b[0-9]+$", "", each.version)) for each in (one, other)]
    return compare_versions(*versions) > 0
