"""Newer releases of Node.js: from nodejs.org, and the same releases on the npm registry."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

from tools.lib.cli.errors import ToolError
from tools.lib.cli.parallel import in_parallel
from tools.lib.updates.change import Change, SourceUpdate
from tools.lib.updates.node_lock import NodeArchive, NodeSource, parse_node_lock, render_node_lock
from tools.lib.updates.node_site import (
    SITE,
    NodeRelease,
    NodeVersion,
    parse_version,
    version_text,
)
from tools.lib.updates.node_versions import (
    LOCK,
    PLATFORMS,
    NodeSources,
    choose_versions,
    locked_version,
    on_site,
    versions_for,
)

# An archive has 100 MB and its program 120 MB.
_THREADS = 2
_CHUNK = 1 << 20
_PROGRAM = "bin/node"
_LICENSE = "LICENSE"


def npm_packages(archives: Sequence[NodeArchive]) -> dict[str, str]:
    """The names of the npm packages that a lock has, by architecture."""
    return {
        archive.architecture: source.npm.rpartition("@")[0]
        for archive in archives
        for source in archive.sources
        if source.npm
    }


def update_nodejs(data: bytes, sources: NodeSources) -> SourceUpdate:
    """The newest release of each release line that all its architectures have.

    Args:
        data: the lock.
        sources: where releases are. An architecture stays as it is, and the others do not wait
            for it, if only a source that is left out has releases for it.

    Raises:
        DownloadError: a server does not answer.
        ToolError: a signature, a hash or an integrity is wrong, or the npm registry's program
            differs from nodejs.org's.
    """
    before = parse_node_lock(data, LOCK)
    chosen, notes = choose_versions(before, sources)
    after = in_parallel(
        lambda archive: _moved(archive, chosen.get(archive.major), sources), before, _THREADS
    )
    if after == list(before):
        return SourceUpdate(notes=tuple(notes))
    notes += (
        f"nodejs: node{new.major} {new.architecture}: {note}"
        for old, new in zip(before, after, strict=True)
        if old != new
        for note in _notes(new, sources)
    )
    changes = _changes(before, after, sources)
    return SourceUpdate(changes, {LOCK: render_node_lock(after)}, tuple(notes))


def _moved(archive: NodeArchive, chosen: NodeVersion | None, sources: NodeSources) -> NodeArchive:
    """The archive of the version that was chosen for its release line, if it is a newer one.

    One that only the npm registry had gets nodejs.org as another source.
    """
    if versions_for(archive, sources) is None:
        return archive
    locked = locked_version(archive)
    version = chosen or locked
    has_url = any(source.url for source in archive.sources)
    if version == locked and (has_url or version not in on_site(archive, sources)):
        return archive
    return _locked(archive, version, sources)


def _locked(archive: NodeArchive, version: NodeVersion, sources: NodeSources) -> NodeArchive:
    """The archive of a version, with all sources that have it."""
    text = version_text(version)
    name = f"node-v{text}-{PLATFORMS.get(archive.architecture, '')}"
    package = sources.packages.get(archive.architecture)
    found: list[NodeSource] = []
    if sources.site:
        sha256 = sources.site.sha256(version, f"{name}.tar.gz")
        found.append(NodeSource(f"{SITE}/v{text}/{name}.tar.gz", "", sha256, name))
    hashes: Mapping[str, str] = {}
    if sources.registry and package and text in package.integrity:
        data = sources.registry.archive(package, text)
        where = f"{package.name}@{text}"
        hashes = _hashes(data, "package", where)
        if sources.site:
            vendor = _hashes(sources.site.archive(version, f"{name}.tar.gz"), name, name)
            if vendor != hashes:
                raise ToolError(
                    f"{where}: bin/node or LICENSE differs from that of nodejs.org's {name}.tar.gz",
                    "do not use the package; report it to the npm registry",
                )
        found.append(NodeSource("", where, hashlib.sha256(data).hexdigest(), "package"))
    return NodeArchive(
        archive.major,
        archive.architecture,
        text,
        tuple(found),
        hashes.get(_PROGRAM, ""),
        hashes.get(_LICENSE, ""),
    )


def _notes(archive: NodeArchive, sources: NodeSources) -> Iterator[str]:
    """What a new archive lacks."""
    if not any(source.url for source in archive.sources):
        yield f"{archive.version} is on the npm registry only"
    package = sources.packages.get(archive.architecture)
    if package and not any(source.npm for source in archive.sources):
        yield f"the npm registry does not have {package.name}@{archive.version} yet"


def _hashes(data: bytes, prefix: str, where: str) -> dict[str, str]:
    """The SHA-256 of the program and the license in an archive."""
    found: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r|gz") as archive:
            for member in archive:
                name = member.name.removeprefix(f"{prefix}/")
                if name in (_PROGRAM, _LICENSE) and member.isreg() and name != member.name:
                    content = archive.extractfile(member)
                    assert content is not None
                    found[name] = _sha256(content)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ToolError(f"{where}: not a tar archive: {error}") from None
    for name in (_PROGRAM, _LICENSE):
        if name not in found:
            raise ToolError(f"{where}: no {prefix}/{name} in the archive")
    return found


def _sha256(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _changes(
    before: Sequence[NodeArchive], after: Sequence[NodeArchive], sources: NodeSources
) -> tuple[Change, ...]:
    changed: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    having: dict[str, set[str]] = defaultdict(set)
    for old, new in zip(before, after, strict=True):
        having[old.major].add(old.architecture)
        if old.version != new.version:
            changed[old.major, old.version, new.version].append(old.architecture)
    return tuple(
        Change(
            lock="nodejs",
            package=f"node{major}",
            old=old_version,
            new=new_version,
            architectures=tuple(sorted(architectures)),
            everywhere=set(architectures) == having[major],
            date=next(
                (
                    each.date
                    for each in sources.releases
                    if version_text(each.version) == new_version
                ),
                next(
                    (
                        sources.packages[name].dates.get(new_version)
                        for name in architectures
                        if name in sources.packages
                    ),
                    None,
                ),
            ),
            security=_is_security(sources.releases, old_version, new_version),
        )
        for (major, old_version, new_version), architectures in sorted(changed.items())
    )


def _is_security(releases: Sequence[NodeRelease], old: str, new: str) -> bool:
    first, last = parse_version(old), parse_version(new)
    return any(
        each.security
        for each in releases
        if first and last and each.version[0] == last[0] and first < each.version <= last
    )
