"""Which packages are older on the architectures that a source is not read for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from tools.lib.debian.names import Version
from tools.lock.manifest import Manifest
from tools.lock.packages import IndexPackage
from tools.lock.relations import compare_versions
from tools.lock.solver import Resolution


def missed_updates(manifest: Manifest, resolutions: Mapping[str, Resolution]) -> list[str]:
    """Lines for the user: what it costs that a source, such as security updates, is left out.

    Args:
        manifest: what was resolved.
        resolutions: by architecture.
    """
    lines = []
    for source in manifest.sources:
        left_out = [each for each in manifest.architectures if each not in source.architectures]
        if not left_out:
            continue
        best: dict[str, IndexPackage] = {}
        for package in _chosen(resolutions[each] for each in source.architectures):
            if _is_newer(package, best.get(package.name)):
                best[package.name] = package
        older: dict[str, list[str]] = defaultdict(list)
        for architecture in left_out:
            for package in _chosen([resolutions[architecture]]):
                other = best.get(package.name)
                if other and _is_newer(other, package):
                    text = f"{package.name} {package.version} (elsewhere {other.version})"
                    older[text].append(architecture)
        suites = ", ".join(source.suites)
        cost = "older packages there:" if older else "no package is older there"
        lines.append(f"{suites} is not read for {', '.join(left_out)}; {cost}")
        lines += [f"  {text}: {', '.join(names)}" for text, names in sorted(older.items())]
    return lines


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
