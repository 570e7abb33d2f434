"""Fetches the signed indexes of manifests, and keeps them in a cache."""

from __future__ import annotations

import contextlib
import datetime
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

from tools.lib.apt import index_store
from tools.lib.apt.candidates import PackageIndex
from tools.lib.apt.fetch import IndexLocation, UnverifiedIndexError, fetch_index, fetch_release
from tools.lib.apt.processes import worker_processes
from tools.lib.apt.release import PackagesFile, Release, check_release, packages_files
from tools.lib.apt.suite import StoredIndex, Suite
from tools.lib.cli.errors import ToolError
from tools.lib.cli.parallel import in_parallel
from tools.lib.cli.progress import Progress
from tools.lib.debian.lock import LockedSuite, MissingIndex
from tools.lib.debian.mirror import (
    apt_uris,
    archive_base,
    is_snapshot_of,
    without_snapshot_time,
)
from tools.lib.debian.urls import redact_url
from tools.lib.download.download import Downloader, UnavailableError
from tools.lib.manifest.manifest import Manifest
from tools.lib.openpgp import openpgp

_KEPT_DAYS = 60
# Bytes of indexes that are read faster than processes are started.
_SMALL = 1 << 20


@dataclass(frozen=True, slots=True)
class ManifestIndexes:
    """The indexes of a manifest.

    Attributes:
        by_architecture: the indexes to choose from, in the order of the sources.
        suites: the suites that they belong to.
        missing: indexes that were left out.
    """

    by_architecture: Mapping[str, Sequence[PackageIndex]]
    suites: tuple[LockedSuite, ...]
    missing: tuple[MissingIndex, ...]


class IndexCache:
    """Fetches the indexes that are not in the cache yet, each once, several at a time.

    Args:
        directory: the cache.
        now: the time.
        progress: is told what is going on.
        allow_missing: whether an index that no server has may be left out.
        credential_helpers: as `Downloader` takes them.
    """

    def __init__(
        self,
        directory: str,
        now: datetime.datetime,
        progress: Progress,
        *,
        allow_missing: bool,
        credential_helpers: Sequence[str] = (),
    ) -> None:
        self._directory = os.path.join(directory, f"indexes-{index_store.FORMAT}")
        self._now = now
        self._progress = progress
        self._allow_missing = allow_missing
        self._downloader = Downloader(credential_helpers)
        # By archive, the URL above its pool.
        self._bases: dict[str, str] = {}
        # Of indexes that were left out.
        self._reasons: dict[frozenset[object], str] = {}

    def fetch(self, manifests: Sequence[Manifest]) -> dict[str, ManifestIndexes]:
        """The indexes of each manifest, by its path."""
        os.makedirs(self._directory, exist_ok=True)
        suites = {manifest.path: self._suites(manifest) for manifest in manifests}
        distinct = list(dict.fromkeys(suite for found in suites.values() for suite in found))
        if distinct:
            self._progress.say(f"fetching the Release files of {len(distinct)} suites")
        releases = dict(zip(distinct, in_parallel(self._release, distinct), strict=True))
        self._fill(
            [
                IndexLocation(suite.url, release, index)
                for suite, release in releases.items()
                for component in suite.components
                for architecture in suite.source.architectures
                for index in packages_files(release, component, architecture)
            ]
        )
        found = {
            manifest.path: self._indexes(manifest, suites[manifest.path], releases)
            for manifest in manifests
        }
        self._prune()
        return found

    def _suites(self, manifest: Manifest) -> list[Suite]:
        apt = apt_uris()
        suites = []
        for source in manifest.sources:
            url = source.url or archive_base(source.archive or "", os.environ, apt, self._now)
            try:
                base = self._downloader.add_source(url)
            except ValueError as error:
                raise ToolError(f"{redact_url(url)}: {error}") from None
            suites += [Suite(source, name, base) for name in source.suites]
            if source.archive:
                self._bases[source.archive] = base
        return suites

    def fetch_start(self, url: str, size: int) -> bytes | None:
        """The first bytes of a package file, from the mirror of its archive.

        Args:
            url: of the package.
            size: how many bytes; more may be returned.

        Returns:
            The bytes, fewer if the file is smaller; None if the server does not have the file.

        Raises:
            ToolError: the download failed.
        """
        for archive, base in self._bases.items():
            if is_snapshot_of(url, archive):
                path = without_snapshot_time(url).split(f"/{archive}/", 1)[1]
                url = f"{base}/{path}"
                break
        try:
            return self._downloader.get(url, size)
        except UnavailableError:
            return None

    def _release(self, suite: Suite) -> Release:
        keyring = openpgp.read_keyring(suite.source.keyring, suite.source.keys)
        release = fetch_release(self._downloader, suite.url, keyring, self._now)
        check_release(release, suite.name, self._now, valid_until=suite.source.check_valid_until)
        return release

    def _fill(self, locations: Sequence[IndexLocation]) -> None:
        """Fetches what is missing."""
        missing: dict[frozenset[object], list[IndexLocation]] = {}
        for location in locations:
            path = self._path(location.index)
            if path:
                os.utime(path)
            else:
                missing.setdefault(location.index.content, []).append(location)
        # The largest first, so that no large one is left alone at the end.
        ordered = sorted(missing.values(), key=_size, reverse=True)
        if ordered:
            size = sum(map(_size, ordered))
            self._progress.expect(size)
            self._progress.say(f"fetching {len(ordered)} indexes, {size / 1e6:.0f} MB")
            if size < _SMALL:
                in_parallel(partial(self._fetch, None), ordered)
            else:
                with worker_processes(len(ordered)) as processes:
                    in_parallel(partial(self._fetch, processes), ordered)

    def _fetch(self, processes: ProcessPoolExecutor | None, locations: list[IndexLocation]) -> None:
        index = locations[0].index
        try:
            found = fetch_index(self._downloader, locations, self._progress.advance)
            name = index_store.file_name(found.suffix, index.entries[found.suffix])
            path = os.path.join(self._directory, name)
            if processes:
                processes.submit(index_store.keep, path, found, index.text).result()
            else:
                index_store.keep(path, found, index.text)
        except UnverifiedIndexError as error:
            if not self._allow_missing:
                raise
            self._reasons[index.content] = error.reason

    def _path(self, index: PackagesFile) -> str | None:
        """The stored index, from whichever of its files; None if it is not in the cache."""
        for suffix, entry in index.entries.items():
            path = os.path.join(self._directory, index_store.file_name(suffix, entry))
            if os.path.exists(path):
                return path
        return None

    def _indexes(
        self, manifest: Manifest, suites: Sequence[Suite], releases: Mapping[Suite, Release]
    ) -> ManifestIndexes:
        missing: dict[MissingIndex, None] = {}
        by_architecture: dict[str, list[PackageIndex]] = {}
        for architecture in manifest.architectures:
            by_architecture[architecture] = [
                index
                for suite in suites
                for component in suite.components
                for index in self._suite_indexes(
                    suite, releases[suite], component, architecture, missing
                )
            ]
        return ManifestIndexes(
            by_architecture,
            tuple(
                LockedSuite(suite.source_name, suite.name, releases[suite].date) for suite in suites
            ),
            tuple(missing),
        )

    def _suite_indexes(
        self,
        suite: Suite,
        release: Release,
        component: str | None,
        architecture: str,
        missing: dict[MissingIndex, None],
    ) -> Iterator[StoredIndex]:
        """The indexes of a component for an architecture.

        Where there is none, because the source is not read for the architecture or the index is
        missing, packages for `all` still count. The index of any other architecture lists them.
        """
        found = False
        if architecture in suite.source.architectures:
            for index in packages_files(release, component, architecture):
                path = self._path(index)
                if path:
                    found = True
                    yield StoredIndex(path, suite, release, frozenset((architecture, "all")))
                else:
                    # The index of packages for `all` is that of no architecture.
                    for_all = index.path.endswith("/binary-all/Packages")
                    entry = MissingIndex(
                        suite.source_name,
                        suite.name,
                        component or "",
                        "all" if for_all else architecture,
                        self._reasons.get(index.content, ""),
                    )
                    missing[entry] = None
        if found:
            return
        for other in suite.source.architectures:
            paths = [self._path(index) for index in packages_files(release, component, other)]
            if all(paths):
                for path in filter(None, paths):
                    yield StoredIndex(path, suite, release, frozenset(("all",)))
                return

    def _prune(self) -> None:
        """Removes what no lock has needed for long."""
        oldest = time.time() - _KEPT_DAYS * 86400
        with os.scandir(self._directory) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    if entry.stat().st_mtime < oldest:
                        os.unlink(entry.path)


def _size(locations: Sequence[IndexLocation]) -> int:
    """The bytes that are probably fetched."""
    return next(iter(locations[0].index.entries.values())).size
