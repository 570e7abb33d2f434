"""Which releases of Node.js there are, and which of them a release line moves to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.updates.common_version import choose_common_version, held_back_note
from tools.lib.updates.node_lock import NodeArchive
from tools.lib.updates.node_site import (
    NodeRelease,
    NodeSite,
    NodeVersion,
    parse_version,
    version_text,
)
from tools.lib.updates.npm import NpmPackage, NpmRegistry

LOCK = "private/lock/nodejs.json"

# nodejs.org's names of architectures.
PLATFORMS = {
    "amd64": "linux-x64",
    "arm": "linux-armv7l",
    "arm64": "linux-arm64",
    "ppc64le": "linux-ppc64le",
    "riscv64": "linux-riscv64",
    "s390x": "linux-s390x",
}


@dataclass(frozen=True, slots=True)
class NodeSources:
    """Where releases are.

    Attributes:
        site: nodejs.org; None if it is left out.
        releases: those in its index.
        registry: the npm registry; None if it is left out.
        packages: its packages, by the architecture that they are for.
    """

    site: NodeSite | None
    releases: Sequence[NodeRelease]
    registry: NpmRegistry | None
    packages: Mapping[str, NpmPackage]


def choose_versions(
    archives: Sequence[NodeArchive], sources: NodeSources
) -> tuple[dict[str, NodeVersion], list[str]]:
    """The version that each release line moves to, and notes on newer ones.

    It is one that all architectures have whose releases are known.
    """
    lines: dict[str, list[NodeArchive]] = defaultdict(list)
    for archive in archives:
        lines[archive.major].append(archive)
    chosen: dict[str, NodeVersion] = {}
    notes = []
    for major, line in lines.items():
        versions = {each.architecture: versions_for(each, sources) for each in line}
        available = {name: found for name, found in versions.items() if found is not None}
        locked = {locked_version(each) for each in line if each.architecture in available}
        if not available:
            continue
        common = choose_common_version(available, locked, lambda version: version)
        if common.version:
            chosen[major] = common.version
        if common.held_back:
            text = version_text(common.held_back)
            notes.append(held_back_note(f"nodejs: node{major}", text, common.missing))
    return chosen, notes


def versions_for(archive: NodeArchive, sources: NodeSources) -> set[NodeVersion] | None:
    """The releases for an architecture; None if no source is left that has any."""
    # nodejs.org says which releases there are. Without it, the registry does, but only where it is
    # the only source anyway: no archive loses nodejs.org because a machine cannot reach it.
    if sources.site:
        found = on_site(archive, sources)
    elif any(source.url for source in archive.sources):
        return None
    elif package := sources.packages.get(archive.architecture):
        found = set(filter(None, map(parse_version, package.integrity)))
    else:
        return None
    return {version for version in found if str(version[0]) == archive.major}


def on_site(archive: NodeArchive, sources: NodeSources) -> set[NodeVersion]:
    """The releases that nodejs.org has for an architecture."""
    platform = PLATFORMS.get(archive.architecture, "")
    return {each.version for each in sources.releases if platform in each.platforms}


def locked_version(archive: NodeArchive) -> NodeVersion:
    """The numbers of the locked version."""
    version = parse_version(archive.version)
    if version is None:
        raise ToolError(f"{LOCK}: invalid version {archive.version!r:.80}")
    return version
