"""The signed indexes of manifests, fetched and kept."""

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
from typing import NamedTuple, TypeVar

from tools.lib.cli.errors import ToolError
from tools.lib.debian.mirror import apt_uris, archive_base, join, snapshot_base
from tools.lock import openpgp, store
from tools.lock.fetch import Place, fetch_index, fetch_release
from tools.lock.manifest import Manifest, Source
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """An index of a suite, and which of its packages count."""

    suite: Suite
    release: Release
    index: Index
    # Debian's names: an architecture and `all`, or one of them.
    architectures: frozenset[str]

    @property
    def place(self) -> Place:
        return Place(self.suite.url, self.release, self.index)


class Indexed:
    """The packages of one index (`universe.Packages`)."""

    def __init__(self, path: str, wanted: Wanted) -> None:
        self._store = store.Store(path)
        self._suite = wanted.suite
        self._release = wanted.release
        self._architectures = wanted.architectures

    @property
    def origin(self) -> str:
        return self._suite.name

    def named(self, name: str) -> list[Package]:
        return [
            self._package(fields)
            for fields in self._store.stanzas(name)
            if fields.get("architecture") in self._architectures
        ]

    def providers(self, name: str) -> list[str]:
        return self._store.providers(name)

    def names(self) -> set[str]:
        return self._store.names()

    def _package(self, fields: Mapping[str, str]) -> Package:
        filename = fields.get("filename", "")
        outside = filename.startswith("/") or ".." in filename.split("/")
        if outside or not filename.endswith(".deb"):
            raise ToolError(f"{self._release.where}: {fields['package']}: no Filename in the pool")
        archive = self._suite.source.archive
        base = snapshot_base(archive, self._release.date) if archive else self._suite.base
        return package_of(
            fields,
            url=join(base, filename),
            origin=self._suite.name,
            automatic=self._release.automatic,
        )


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

        wanted = {
            (manifest.path, architecture): [
                item
                for suite in suites[manifest.path]
                for item in _wanted(suite, releases[suite], architecture)
            ]
            for manifest in manifests
            for architecture in manifest.architectures
        }
        self._fill([item for items in wanted.values() for item in items])
        found = {
            key: [Indexed(self._path(item.index), item) for item in items]
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

    def _fill(self, wanted: Sequence[Wanted]) -> None:
        """Puts what is missing into the cache."""
        missing: dict[str, list[Place]] = {}
        for item in wanted:
            path = self._path(item.index)
            try:
                os.utime(path)
            except FileNotFoundError:
                missing.setdefault(path, []).append(item.place)
        # The largest first, so that none of them is alone at the end.
        ordered = sorted(missing.values(), key=_size, reverse=True)
        if ordered:
            size = sum(map(_size, ordered))
            self._progress.expect(size)
            self._progress.say(f"fetching {len(ordered)} indexes, {size / 1e6:.0f} MB")
            with _processes(len(ordered)) as processes:
                in_parallel(partial(self._fetch, processes), ordered)

    def _fetch(self, processes: ProcessPoolExecutor, places: list[Place]) -> None:
        index = places[0].index
        fetched = fetch_index(places, self._progress.advance)
        processes.submit(store.keep, self._path(index), *fetched, index.text).result()

    def _path(self, index: Index) -> str:
        return os.path.join(self._cache, index.key)

    def _prune(self) -> None:
        """Removes what no lock has needed for long."""
        oldest = time.time() - _KEPT_DAYS * 86400
        with os.scandir(self._cache) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    if entry.stat().st_mtime < oldest:
                        os.unlink(entry.path)


def _wanted(suite: Suite, release: Release, architecture: str) -> Iterator[Wanted]:
    """The indexes of a suite for an architecture, as its source has them.

    Of an architecture that the source leaves out, the packages for `all` still count: any other
    architecture's index lists them.
    """
    has = architecture in suite.source.architectures
    for component in suite.source.components:
        for index in indexes(
            release,
            None if suite.name.endswith("/") else component,
            architecture if has else suite.source.architectures[0],
        ):
            yield Wanted(
                suite, release, index, frozenset((architecture, "all") if has else ("all",))
            )


def _size(places: Sequence[Place]) -> int:
    """Bytes to be fetched, most likely."""
    return next(iter(places[0].index.files.values())).size


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
