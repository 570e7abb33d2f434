"""Looks for newer versions of everything that is locked. Writes nothing."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tools.lib.apt.repositories import IndexCache
from tools.lib.cli.errors import ToolError
from tools.lib.cli.progress import Progress, show_progress
from tools.lib.debian.lock import read_lock
from tools.lib.download.download import Downloader, DownloadError
from tools.lib.openpgp.openpgp import read_keyring
from tools.lib.resolver.locking import cache_directory
from tools.lib.updates.catalog import Catalog, build_catalog, query_catalog
from tools.lib.updates.change import Change, SourceUpdate
from tools.lib.updates.debian import FOLDER, update_debian
from tools.lib.updates.node_lock import parse_node_lock
from tools.lib.updates.node_site import NodeRelease, NodeSite
from tools.lib.updates.node_versions import LOCK as NODE_LOCK
from tools.lib.updates.node_versions import NodeSources
from tools.lib.updates.nodejs import npm_packages, update_nodejs
from tools.lib.updates.npm import NpmPackage, NpmRegistry, configured_registry
from tools.lib.updates.options import Options
from tools.lib.updates.pip import read_requirements, update_pip
from tools.lib.updates.temurin import MANIFEST, update_temurin
from tools.lib.updates.tracker import fetch_fixed, source_of, with_cves

NODE_KEYS = os.path.join(FOLDER, "keys", "nodejs-release-keys.pgp")
# private/lock/debian12.yaml and so on.
_RELEASE = re.compile(r"(debian[0-9]+)\.yaml")


@dataclass(frozen=True, slots=True)
class Collected:
    """Newer versions of everything.

    Attributes:
        changes: what changes, by lock.
        files: by path relative to the workspace, the new contents of locks.
        notes: lines for the user.
        catalog: the images.
    """

    changes: Sequence[Change]
    files: Mapping[str, bytes]
    notes: Sequence[str]
    catalog: Catalog


@dataclass(slots=True)
class _Collector:
    options: Options
    downloader: Downloader
    progress: Progress
    now: datetime.datetime
    notes: list[str] = field(default_factory=list)

    def try_source(self, name: str) -> SourceUpdate:
        """What a source has. If it cannot be reached, that is an error, or a note."""
        sources = {
            "debian": self.debian,
            "nodejs": self.nodejs,
            "temurin": self.temurin,
            "pip": self.pip,
            "bazelw": self.bazelw,
        }
        try:
            return sources[name]()
        except DownloadError as error:
            self._left_out(name, error)
            return SourceUpdate()

    def _left_out(self, what: str, error: DownloadError) -> None:
        if not self.options.allow_missing:
            hint = f"{error.hint}; or --allow-missing leaves it out" if error.hint else ""
            raise ToolError(
                f"{what}: {error.message}", hint or "--allow-missing leaves it out"
            ) from None
        self.notes.append(f"{what}: left out ({error.message})")

    def debian(self) -> SourceUpdate:
        names = [match[1] for match in map(_RELEASE.fullmatch, sorted(os.listdir(FOLDER))) if match]
        return update_debian(names, self.progress, allow_missing=self.options.allow_missing)

    def bazelw(self) -> SourceUpdate:
        return update_debian(["bazelw"], self.progress, allow_missing=self.options.allow_missing)

    def pip(self) -> SourceUpdate:
        self.progress.say("locking the Python packages of the tools")
        return update_pip(*read_requirements())

    def temurin(self) -> SourceUpdate:
        cache = IndexCache(
            cache_directory(), self.now, self.progress, allow_missing=self.options.allow_missing
        )
        data = _read(MANIFEST)
        return update_temurin(data, self.options.temurin, cache, self.progress)

    def nodejs(self) -> SourceUpdate:
        data = _read(NODE_LOCK)
        names = npm_packages(parse_node_lock(data, NODE_LOCK))
        self.progress.say("reading the releases of Node.js")
        site, releases = self._node_site()
        registry, packages = self._npm(names) if names else (None, {})
        return update_nodejs(data, NodeSources(site, releases, registry, packages))

    def _node_site(self) -> tuple[NodeSite | None, Sequence[NodeRelease]]:
        keyring = read_keyring(NODE_KEYS, ())
        site = NodeSite(self.options.nodejs, self.downloader, keyring, self.now)
        try:
            return site, site.releases()
        except DownloadError as error:
            self._left_out("nodejs", error)
            return None, ()

    def _npm(self, names: Mapping[str, str]) -> tuple[NpmRegistry | None, Mapping[str, NpmPackage]]:
        try:
            registry = NpmRegistry(configured_registry(), self.downloader)
            return registry, {key: registry.package(name) for key, name in names.items()}
        except DownloadError as error:
            self._left_out("npm registry", error)
            return None, {}

    def with_cves(self, changes: Sequence[Change]) -> list[Change]:
        """The changes, with what they fix."""
        releases = {
            name: _codename(name) for name in {each.lock for each in changes} if _codename(name)
        }
        sources = {
            source_of(each.url)
            for each in changes
            if each.lock in releases and each.old and each.new
        }
        if not sources:
            return list(changes)
        self.progress.say("reading the security tracker")
        try:
            fixed = fetch_fixed(self.options.tracker, self.downloader, sources)
        except DownloadError as error:
            self._left_out("security tracker", error)
            return list(changes)
        return with_cves(changes, releases, fixed)


def collect(options: Options) -> Collected:
    """Looks at all sources that the options name.

    Raises:
        ToolError: a source cannot be read or verified; see Options.allow_missing.
    """
    now = datetime.datetime.now(datetime.UTC)
    with show_progress(prefix="update: ") as progress:
        collector = _Collector(options, Downloader(), progress, now)
        changes: list[Change] = []
        files: dict[str, bytes] = {}
        notes: list[str] = []
        for name in options.sources:
            update = collector.try_source(name)
            changes += update.changes
            files |= update.files
            notes += update.notes
        catalog = Catalog({}, {})
        if changes:
            changes = collector.with_cves(changes)
            progress.say("asking Bazel which images there are")
            catalog = _catalog(options)
    return Collected(
        [replace(each, images=catalog.images_with(each.lock, each.package)) for each in changes],
        files,
        [*collector.notes, *notes],
        catalog,
    )


def _catalog(options: Options) -> Catalog:
    if not options.query:
        return query_catalog()
    with open(options.query, encoding="utf-8") as source:
        lines = source.read().splitlines()
    return build_catalog(lambda _: lines)


def _codename(lock: str) -> str:
    """The codename of the release that a lock is of; empty if it is not one of Debian's."""
    path = os.path.join(FOLDER, f"{lock}.lock.json")
    if not os.path.exists(path):
        return ""
    suites = [each.suite for each in read_lock(path).suites if each.source == "debian"]
    return min(suites, key=len, default="")


def _read(path: str) -> bytes:
    with open(path, "rb") as source:
        return source.read()
