"""Lines for the user to paste: into a manifest file, or into MODULE.bazel if tags say it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tools.lib.manifest.manifest import AptSource, Manifest, PackageSet


def package_lines(
    manifest: Manifest, package_set: PackageSet, packages: Mapping[str, tuple[str, Sequence[str]]]
) -> list[str]:
    """Items of `packages` of a set.

    Args:
        manifest: the manifest.
        package_set: one of its sets.
        packages: by name, the reason and the architectures.
    """
    lines = []
    for name, (reason, architectures) in sorted(packages.items()):
        on_all = len(architectures) == len(package_set.architectures)
        text = name if on_all else f"{name} [{' '.join(architectures)}]"
        if manifest.install:
            lines.append(f'        "{text}",  # {reason}')
        elif manifest.path.endswith(".json"):
            lines.append(f'        "{text}",')
        else:
            lines.append(f"      - {text}  # {reason}")
    return lines


def source_lines(manifest: Manifest, sources: Sequence[AptSource]) -> list[str]:
    """Tags, or items of `sources`."""
    lines = []
    for source in sources:
        place = {"archive": source.archive} if source.archive else {"url": source.url}
        suites = list(source.suites)
        components = [each for each in source.components if each]
        if manifest.install:
            fields = {**place, "components": components, "repo": manifest.install, "suites": suites}
            values = [f"    {name} = {json.dumps(value)}," for name, value in fields.items()]
            lines += ["apt.sources(", *values, ")"]
        elif manifest.path.endswith(".json"):
            fields = {**place, "suites": suites, "components": components}
            lines.append(f"    {json.dumps(fields)},")
        else:
            ((name, value),) = place.items()
            lines.append(f"  - {name}: {value}")
            lines.append(f"    suites: [{', '.join(suites)}]")
            lines.append(f"    components: [{', '.join(components)}]")
    return lines
