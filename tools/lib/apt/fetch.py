"""Fetches Release files and indexes, and verifies them."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.lib.apt.release import PackagesFile, Release, by_hash_path, parse_release
from tools.lib.cli.errors import ToolError
from tools.lib.download.download import Downloader, UnavailableError
from tools.lib.openpgp import openpgp

# Debian's largest has 300 KB.
_MAX_RELEASE = 4 << 20
_MAX_SIGNATURE = 1 << 20
_NOT_FOUND_HINT = "check the URL and the name of the suite"
_STALE_MIRROR = (
    "the mirror is incomplete or being updated: use another one, or --allow-missing to leave the"
    " index out and have the lock say so"
)


class UnverifiedIndexError(ToolError):
    """No server has an index that matches its Release file. `reason` says so without a URL."""

    def __init__(self, message: str, hint: str = "", reason: str = "") -> None:
        super().__init__(message, hint)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class IndexLocation:
    """Where an index is listed.

    Attributes:
        base: URL of the suite's directory.
        release: the suite's Release file.
        index: as the Release file lists it.
    """

    base: str
    release: Release
    index: PackagesFile


@dataclass(frozen=True, slots=True)
class DownloadedIndex:
    """An index that matches its entry in a Release file, in the compression of `suffix`."""

    url: str
    data: bytes
    suffix: str


def fetch_release(
    downloader: Downloader, base: str, keyring: openpgp.Keyring, now: datetime.datetime
) -> Release:
    """Fetches the Release file of a suite: InRelease, or Release and Release.gpg.

    Args:
        downloader: fetches the files.
        base: URL of the suite's directory.
        keyring: the keys that may sign the file.
        now: the time.

    Raises:
        ToolError: the suite has no Release file, or none with a valid signature.
    """
    where = f"{base}/InRelease"
    try:
        message = _get(downloader, where, _MAX_RELEASE)
    except UnavailableError as error:
        return _fetch_detached(downloader, base, keyring, now, error)
    return parse_release(openpgp.verify_clearsigned(message, keyring, now, where), where)


def _fetch_detached(
    downloader: Downloader,
    base: str,
    keyring: openpgp.Keyring,
    now: datetime.datetime,
    missing: UnavailableError,
) -> Release:
    where = f"{base}/Release"
    try:
        data = _get(downloader, where, _MAX_RELEASE)
    except UnavailableError:
        raise UnavailableError(missing.message, missing.hint or _NOT_FOUND_HINT) from None
    signature = _get(downloader, f"{where}.gpg", _MAX_SIGNATURE)
    openpgp.verify_detached(data, signature, keyring, now, where)
    return parse_release(data, where)


def _get(downloader: Downloader, url: str, limit: int) -> bytes:
    data = downloader.get(url, limit)
    if len(data) > limit:
        raise ToolError(f"{url}: larger than {limit} bytes")
    return data


def fetch_index(
    downloader: Downloader, locations: Sequence[IndexLocation], advance: Callable[[int], None]
) -> DownloadedIndex:
    """Fetches an index in any compression, from any of its locations.

    A mirror may lack some of what its Release file lists: it may have amd64 of today and riscv64 of
    yesterday, .gz but not .xz, or no files by hash.

    Args:
        downloader: fetches the files.
        locations: where an index with the same `content` is listed, the preferred one first; at
            least one.
        advance: called with each number of bytes received, and with a negative number if bytes
            turned out to be useless.

    Raises:
        UnverifiedIndexError: no location has the file that is listed.
        ToolError: a download failed.
    """
    mismatch = ""
    unavailable = ""
    for suffix in locations[0].index.entries:
        for location in locations:
            entry = location.index.entries[suffix]
            urls = [f"{location.base}/{location.index.path}{suffix}"]
            if location.release.by_hash:
                urls.insert(0, f"{location.base}/{by_hash_path(location.index, entry)}")
            for url in urls:
                try:
                    data = downloader.get(url, entry.size, advance)
                except UnavailableError as error:
                    unavailable = unavailable or error.reason
                    continue
                if hashlib.sha256(data).hexdigest() == entry.sha256:
                    return DownloadedIndex(url, data, suffix)
                advance(-len(data))
                mismatch = mismatch or url
    best = locations[0]
    if mismatch:
        raise UnverifiedIndexError(
            f"{mismatch}: size or SHA-256 differs from what {best.release.where} lists",
            _STALE_MIRROR,
            "differs from the Release file",
        )
    suffixes = ", ".join(suffix or "uncompressed" for suffix in best.index.entries)
    raise UnverifiedIndexError(
        f"download failed: {best.base}/{best.index.path}: {unavailable} ({suffixes})",
        _STALE_MIRROR,
        unavailable,
    )
