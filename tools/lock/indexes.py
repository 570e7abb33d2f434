"""The signed indexes of manifests, fetched and kept."""

from __future__ import annotations

import contextlib
import datetime
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_EXCEPTION,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from typing import NamedTuple, TypeVar

from tools.lib.errors import ToolError
from tools.lock import openpgp, store
from tools.lock.fetch import fetch_index, fetch_release
from tools.lock.manifest import Manifest, Source
from tools.lock.mirror import apt_uris, archive_base, join, snapshot_base
from tools.lock.packages import Package, package_of
from tools.lock.progress import Progress
from tools.lock.release import Index, Release, check, indexes, parse_release

T = TypeVar("T")
_KEPT_DAYS = 60


class Suite(NamedTuple):
    """A suite of a source, and where it is read from."""

    source: Source
    name: str
    base: str

    @property
    def url(self) -> str:
        """Of the directory with its InRelease."""
        if self.name.endswith("/"):
            return f"{self.base}/{self.name}".rstrip("/")
        return f"{self.base}/dists/{self.name}"


class Indexed:
    """The packages of one index (`universe.Packages`)."""

    def __init__(self, path: str, suite: Suite, release: Release) -> None:
        self._store = store.Store(path)
        self._suite = suite
        self._release = release

    @property
    def origin(self) -> str:
        return self._suite.name

    def named(self, name: str) -> list[Package]:
        return [self._package(fields) for fields in self._store.stanzas(name)]

    def providers(self, name: str) -> list[str]:
        return self._store.providers(name)

    def _package(self, fields: Mapping[str, str]) -> Package:
        filename = fields.get("filename", "")
        if not filename or filename.startswith("/") or ".." in filename.split("/"):
            raise ToolError(f"{self._release.where}: {fields['package']}: no Filename in the pool")
        archive = self._suite.source.archive
        base = snapshot_base(archive, self._release.date) if archive else self._suite.base
        return package_of(
            fields,
            url=join(base, filename),
            origin=self._suite.name,
            automatic=self._release.automatic,
        )


# An index of a suite, before it is fetched.
_Wanted = tuple[Suite, Release, Index]


class Library:
    """Fetches what manifests need, each thing once, several at a time."""

    def __init__(self, cache: str, now: datetime.datetime, progress: Progress) -> None:
        self._cache = os.path.join(cache, f"indexes-{store.FORMAT}")
        self._now = now
        self._progress = progress

    def fetch(self, manifests: Sequence[Manifest]) -> dict[tuple[str, str], list[Indexed]]:
        """The indexes of each manifest's path and architecture, in the order of its sources."""
        os.makedirs(self._cache, exist_ok=True)
        suites = {manifest.path: self._suites(manifest) for manifest in manifests}
        distinct = list(dict.fromkeys(suite for found in suites.values() for suite in found))
        if distinct:
            self._progress.say(f"asking {len(distinct)} suites what is new")
        releases = dict(zip(distinct, in_parallel(self._release, distinct), strict=True))

        wanted: dict[tuple[str, str], list[_Wanted]] = {}
        for manifest in manifests:
            for architecture in manifest.architectures:
                wanted[manifest.path, architecture] = [
                    (suite, releases[suite], index)
                    for suite in suites[manifest.path]
                    if architecture in suite.source.architectures
                    for component in suite.source.components
                    for index in indexes(
                        releases[suite],
                        None if suite.name.endswith("/") else component,
                        architecture,
                    )
                ]
        self._fill(item for items in wanted.values() for item in items)
        found = {
            key: [Indexed(self._path(index), suite, release) for suite, release, index in items]
            for key, items in wanted.items()
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
        payload = openpgp.verify(fetch_release(suite.url, suite.name), keyring, where)
        release = parse_release(payload, where)
        check(release, suite.name, self._now, valid_until=suite.source.check_valid_until)
        return release

    def _fill(self, wanted: Iterable[_Wanted]) -> None:
        """Puts what is missing into the cache."""
        missing = {}
        for item in wanted:
            path = self._path(item[2])
            try:
                os.utime(path)
            except FileNotFoundError:
                missing[path] = item
        if missing:
            size = sum(index.size for _, _, index in missing.values())
            self._progress.expect(size)
            self._progress.say(f"fetching {len(missing)} indexes, {size / 1e6:.0f} MB")
        # The largest first, so that none of them is alone at the end.
        ordered = sorted(missing.values(), key=lambda item: -item[2].size)
        if ordered:
            with _processes(len(ordered)) as processes:
                in_parallel(partial(self._fetch, processes), ordered)

    def _fetch(self, processes: ProcessPoolExecutor, item: _Wanted) -> None:
        suite, release, index = item
        where = f"{suite.url}/{index.path}"
        data = fetch_index(suite.url, release, index, self._progress.advance)
        processes.submit(store.keep, self._path(index), data, index, where).result()

    def _path(self, index: Index) -> str:
        return os.path.join(self._cache, index.sha256)

    def _prune(self) -> None:
        """Removes what no lock has needed for long."""
        oldest = time.time() - _KEPT_DAYS * 86400
        with os.scandir(self._cache) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    if entry.stat().st_mtime < oldest:
                        os.unlink(entry.path)


@contextlib.contextmanager
def _processes(tasks: int) -> Iterator[ProcessPoolExecutor]:
    """Processes for what keeps a core busy: a thread would keep the others waiting."""
    pool = ProcessPoolExecutor(
        max_workers=min(tasks, os.cpu_count() or 1),
        mp_context=get_context("spawn"),
        # Ctrl-C ends them at once and without a word.
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        yield pool
    except BrokenProcessPool:
        raise ToolError("a process that reads indexes was killed", "is there memory?") from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def in_parallel(function: Callable[..., T], items: Sequence[object]) -> list[T]:
    """`function` of each item, in their order; the first failure ends it all."""
    pool = ThreadPoolExecutor(max_workers=6)
    futures: list[Future[T]] = [pool.submit(function, item) for item in items]
    try:
        # After a failure the rest is not waited for: one of those that are done raises.
        wait(futures, return_when=FIRST_EXCEPTION)
        return [future.result() for future in futures if future.done()]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
