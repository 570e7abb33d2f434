"""Fetches the signed indexes of manifests, and keeps them in a cache."""

from __future__ import annotations

import contextlib
import datetime
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_EXCEPTION,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

from tools.lib.cli.errors import ToolError
from tools.lib.debian.mirror import apt_uris, archive_base, pool_url, snapshot_url
from tools.lock import index_store, openpgp
from tools.lock.candidates import PackageIndex
from tools.lock.fetch import IndexLocation, fetch_index, fetch_release
from tools.lock.manifest import AptSource, Manifest
from tools.lock.packages import IndexPackage, parse_package
from tools.lock.progress import Progress
from tools.lock.release import (
    PackagesFile,
    Release,
    check_release,
    packages_files,
    parse_release,
)

T = TypeVar("T")
_KEPT_DAYS = 60
_MAX_DOWNLOADS = 6


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite of a source, and the URL above its `dists/` or, if it is flat, its directory."""

    source: AptSource
    name: str
    base: str

    @property
    def url(self) -> str:
        """The URL of the directory with its Release file."""
        if self.name.endswith("/"):
            return f"{self.base}/{self.name}".rstrip("/")
        return f"{self.base}/dists/{self.name}"


@dataclass(frozen=True, slots=True)
class _SuiteIndex:
    """An index of a suite, and the architectures whose packages to take from it."""

    suite: Suite
    release: Release
    index: PackagesFile
    architectures: frozenset[str]

    @property
    def location(self) -> IndexLocation:
        return IndexLocation(self.suite.url, self.release, self.index)


class StoredIndex:
    """The packages of an index in the cache, as a `candidates.PackageIndex`."""

    def __init__(self, path: str, index: _SuiteIndex) -> None:
        self._store = index_store.IndexStore(path, index.release.where)
        self._suite = index.suite
        self._release = index.release
        self._architectures = index.architectures

    @property
    def suite(self) -> str:
        return self._suite.name

    def versions(self, name: str) -> list[IndexPackage]:
        return [
            self._package(fields)
            for fields in self._store.paragraphs(name)
            if fields.get("architecture") in self._architectures
        ]

    def providers(self, name: str) -> list[str]:
        return self._store.providers(name)

    def names(self) -> set[str]:
        return self._store.names()

    def _package(self, fields: Mapping[str, str]) -> IndexPackage:
        filename = fields.get("filename", "")
        outside = filename.startswith("/") or ".." in filename.split("/")
        if outside or not filename.endswith(".deb"):
            raise ToolError(
                f"{self._release.where}: {fields['package']:.80}: invalid Filename {filename!r:.80}"
            )
        archive = self._suite.source.archive
        base = snapshot_url(archive, self._release.date) if archive else self._suite.base
        return parse_package(
            fields,
            url=pool_url(base, filename),
            suite=self._suite.name,
            automatic=self._release.automatic,
        )


class IndexCache:
    """Fetches the indexes that are not in the cache yet, each once, several at a time."""

    def __init__(self, directory: str, now: datetime.datetime, progress: Progress) -> None:
        self._directory = os.path.join(directory, f"indexes-{index_store.FORMAT}")
        self._now = now
        self._progress = progress

    def fetch(self, manifests: Sequence[Manifest]) -> dict[tuple[str, str], list[PackageIndex]]:
        """The indexes by manifest path and architecture, in the order of the sources."""
        os.makedirs(self._directory, exist_ok=True)
        suites = {manifest.path: self._suites(manifest) for manifest in manifests}
        distinct = list(dict.fromkeys(suite for found in suites.values() for suite in found))
        if distinct:
            self._progress.say(f"fetching the Release files of {len(distinct)} suites")
        releases = dict(zip(distinct, in_parallel(self._release, distinct), strict=True))

        wanted = {
            (manifest.path, architecture): [
                index
                for suite in suites[manifest.path]
                for index in _suite_indexes(suite, releases[suite], architecture)
            ]
            for manifest in manifests
            for architecture in manifest.architectures
        }
        self._fill([index for indexes in wanted.values() for index in indexes])
        found: dict[tuple[str, str], list[PackageIndex]] = {
            key: [StoredIndex(self._path(index.index), index) for index in indexes]
            for key, indexes in wanted.items()
        }
        self._prune()
        return found

    def _suites(self, manifest: Manifest) -> list[Suite]:
        apt = apt_uris()
        return [
            Suite(
                source,
                name,
                source.url or archive_base(source.archive or "", os.environ, apt, self._now),
            )
            for source in manifest.sources
            for name in source.suites
        ]

    def _release(self, suite: Suite) -> Release:
        where = f"{suite.url}/InRelease"
        keyring = openpgp.read_keyring(suite.source.keyring, suite.source.keys)
        payload = openpgp.verify(fetch_release(suite.url), keyring, where)
        release = parse_release(payload, where)
        check_release(release, suite.name, self._now, valid_until=suite.source.check_valid_until)
        return release

    def _fill(self, indexes: Sequence[_SuiteIndex]) -> None:
        """Fetches what is missing."""
        missing: dict[str, list[IndexLocation]] = {}
        for index in indexes:
            path = self._path(index.index)
            try:
                os.utime(path)
            except FileNotFoundError:
                missing.setdefault(path, []).append(index.location)
        # The largest first, so that no large one is left alone at the end.
        ordered = sorted(missing.values(), key=_size, reverse=True)
        if ordered:
            size = sum(map(_size, ordered))
            self._progress.expect(size)
            self._progress.say(f"fetching {len(ordered)} indexes, {size / 1e6:.0f} MB")
            with _processes(len(ordered)) as processes:
                in_parallel(partial(self._fetch, processes), ordered)

    def _fetch(self, processes: ProcessPoolExecutor, locations: list[IndexLocation]) -> None:
        index = locations[0].index
        found = fetch_index(locations, self._progress.advance)
        processes.submit(
            index_store.keep, self._path(index), found.url, found.data, found.suffix, index.text
        ).result()

    def _path(self, index: PackagesFile) -> str:
        return os.path.join(self._directory, index.key)

    def _prune(self) -> None:
        """Removes what no lock has needed for long."""
        oldest = time.time() - _KEPT_DAYS * 86400
        with os.scandir(self._directory) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    if entry.stat().st_mtime < oldest:
                        os.unlink(entry.path)


def _suite_indexes(suite: Suite, release: Release, architecture: str) -> Iterator[_SuiteIndex]:
    """The indexes of a suite for an architecture.

    If the source is not read for the architecture, its packages for `all` still count. The index of
    any other architecture lists them.
    """
    included = architecture in suite.source.architectures
    for component in suite.source.components:
        for index in packages_files(
            release,
            None if suite.name.endswith("/") else component,
            architecture if included else suite.source.architectures[0],
        ):
            architectures = frozenset((architecture, "all") if included else ("all",))
            yield _SuiteIndex(suite, release, index, architectures)


def _size(locations: Sequence[IndexLocation]) -> int:
    """The bytes that are probably fetched."""
    return next(iter(locations[0].index.entries.values())).size


@contextlib.contextmanager
def _processes(tasks: int) -> Iterator[ProcessPoolExecutor]:
    """Processes for work that keeps a core busy: a thread would stop the others meanwhile."""
    pool = ProcessPoolExecutor(
        max_workers=min(tasks, os.cpu_count() or 1),
        mp_context=get_context("spawn"),
        # Ctrl-C ends them at once and silently.
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        yield pool
    except BrokenProcessPool:
        raise ToolError("a worker process was killed", "it may have run out of memory") from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def in_parallel(function: Callable[..., T], items: Sequence[object]) -> list[T]:
    """The results of `function` for each item, in their order; the first failure ends it all."""
    pool = ThreadPoolExecutor(max_workers=_MAX_DOWNLOADS)
    futures: list[Future[T]] = [pool.submit(function, item) for item in items]
    try:
        # After a failure the others are not awaited: a result that is done raises it.
        wait(futures, return_when=FIRST_EXCEPTION)
        return [future.result() for future in futures if future.done()]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
