"""Finds locked packages that can't be downloaded from this machine. Standard library only.

A mirror may lack architectures or older versions, and snapshot.debian.org, which has everything,
or the site of a vendor may be unreachable.
"""

from __future__ import annotations

import re
import urllib.parse
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from launcher.network import TEMPORARY_STATUSES
from tools.lib.debian.mirror import split_snapshot_url

Head = Callable[[str], int | None]
"""Sends a HEAD request to a URL; returns the HTTP status, None if there is no answer."""

_HTTP = re.compile("https?://")
_CONNECTIONS = 8
_ATTEMPTS = 3
_OK = 200


@dataclass(frozen=True, slots=True)
class PackageGroup:
    """The packages of a lock for one architecture.

    Attributes:
        lock: the lock's name, such as `debian13`.
        architecture: OCI's name.
        urls: the URL of each package in the lock, by the package's name there.
    """

    lock: str
    architecture: str
    urls: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A group with packages that can't be downloaded.

    Attributes:
        group: the group.
        missing: the names of these packages, sorted.
    """

    group: PackageGroup
    missing: tuple[str, ...]

    @property
    def name(self) -> str:
        """The lock and architecture, such as `debian13/s390x`."""
        return f"{self.group.lock}/{self.group.architecture}"


class InconclusiveError(Exception):
    """This machine is offline, or a server has a temporary problem."""


def find_unavailable(
    groups: Sequence[PackageGroup], mirror: Callable[[str], str], head: Head
) -> list[Unavailable]:
    """Finds the groups with a package that can't be downloaded.

    Args:
        groups: all groups.
        mirror: returns the URL above `pool/` of an archive on the mirror, empty without a mirror;
            its argument is the archive's name on snapshot.debian.org.
        head: sends the requests.

    Returns:
        What is unavailable, in the order of `groups`.

    Raises:
        InconclusiveError: another attempt may have another result.
    """
    urls = dict.fromkeys(url for group in groups for url in group.urls.values())
    remote = [url for url in urls if _HTTP.match(url)]
    available = _available(remote, mirror, head)
    # A server that has none of the packages is not a mirror: perhaps the login page of a network.
    if remote and not available:
        raise InconclusiveError
    unavailable = set(remote) - available
    return [
        Unavailable(group, missing)
        for group in groups
        if (missing := tuple(sorted(n for n, url in group.urls.items() if url in unavailable)))
    ]


def _available(urls: Iterable[str], mirror: Callable[[str], str], head: Head) -> set[str]:
    """The URLs of locks whose files can be downloaded, from there or from the mirror."""
    snapshots = {url: parts for url in urls if (parts := split_snapshot_url(url))}
    # snapshot.debian.org keeps everything: if it has one file, it has all.
    has_snapshot = bool(snapshots) and head(next(iter(snapshots))) == _OK
    available = set(snapshots) if has_snapshot else set()
    by_server: dict[str, dict[str, str]] = defaultdict(dict)
    for url in urls:
        target = url
        if parts := snapshots.get(url):
            base = "" if has_snapshot else mirror(parts[0])
            target = f"{base}/{parts[1]}" if base else ""
        if target:
            by_server[urllib.parse.urlsplit(target).netloc][target] = url
    for targets in by_server.values():
        available |= {targets[target] for target in _existing(list(targets), head)}
    return available


def _existing(urls: Sequence[str], head: Head) -> set[str]:
    """The URLs that exist, of URLs on one server; none if the server is unreachable.

    Raises:
        InconclusiveError: the server answered at first, but then failed.
    """

    def ask(url: str) -> int | None:
        for _ in range(_ATTEMPTS):
            status = head(url)
            if status is not None and status not in TEMPORARY_STATUSES:
                return status
        return None

    # One request first, so that an unreachable server costs one time limit.
    if head(urls[0]) is None:
        return set()
    existing = set()
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        for url, status in zip(urls, pool.map(ask, urls), strict=True):
            if status is None:
                pool.shutdown(wait=False, cancel_futures=True)
                raise InconclusiveError
            if status == _OK:
                existing.add(url)
    return existing


def describe(unavailable: Sequence[Unavailable]) -> str:
    """What is left out, for the user: `debian13 (ppc64le, s390x), temurin (amd64)`."""
    architectures: dict[str, list[str]] = defaultdict(list)
    for each in unavailable:
        architectures[each.group.lock].append(each.group.architecture)
    return ", ".join(f"{lock} ({', '.join(names)})" for lock, names in architectures.items())
