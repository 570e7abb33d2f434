"""Fetches Release files and indexes over HTTP, bounded in size and with retries."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import requests
import urllib3

from tools.lib.cli.errors import ToolError
from tools.lock.release import PackagesFile, Release, by_hash_path

_MAX_RELEASE = 16 << 20
# Seconds to connect, and between two reads.
_TIMEOUTS = (10, 60)
# Seconds before each retry.
_PAUSES = (0.5, 2.0)
_TEMPORARY = (408, 425, 429, 500, 502, 503, 504)
_HINT = "set https_proxy for a proxy, REQUESTS_CA_BUNDLE for its certificates"
_STALE_MIRROR = (
    "the mirror is incomplete or being updated: set DISTROLESS_MIRROR to another one, or"
    " `architectures` of the source to leave an architecture out"
)
_local = threading.local()


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


def fetch_release(base: str) -> bytes:
    """Fetches the InRelease file of a suite. Nothing has verified it yet.

    Args:
        base: URL of the suite's directory.
    """
    url = f"{base}/InRelease"
    data = _get(url, _MAX_RELEASE, lambda _: None)
    if data is None:
        raise ToolError(
            f"download failed: {url}: not found", "check the URL and the name of the suite"
        )
    if len(data) > _MAX_RELEASE:
        raise ToolError(f"{url}: larger than {_MAX_RELEASE} bytes")
    return data


def fetch_index(
    locations: Sequence[IndexLocation], advance: Callable[[int], None]
) -> DownloadedIndex:
    """Fetches an index in any compression, from any of its locations.

    A mirror may lack some of what its Release file lists: it may have amd64 of today and riscv64 of
    yesterday, .gz but not .xz, or no files by hash.

    Args:
        locations: where the same index is listed, the preferred one first; at least one.
        advance: called with each number of bytes received, and with a negative number if bytes
            turned out to be useless.

    Raises:
        ToolError: no location has the file that is listed.
    """
    mismatch = ""
    for suffix in locations[0].index.entries:
        for location in locations:
            entry = location.index.entries.get(suffix)
            if entry is None:
                continue
            urls = [f"{location.base}/{location.index.path}{suffix}"]
            if location.release.by_hash:
                urls.insert(0, f"{location.base}/{by_hash_path(location.index, entry)}")
            for url in urls:
                data = _get(url, entry.size, advance)
                if data is None:
                    continue
                if hashlib.sha256(data).hexdigest() == entry.sha256:
                    return DownloadedIndex(url, data, suffix)
                advance(-len(data))
                mismatch = mismatch or url
    best = locations[0]
    if not mismatch:
        url = f"{best.base}/{best.index.path}"
        raise ToolError(
            f"download failed: {url}: not found in any compression ({_names(best.index)})",
            _STALE_MIRROR,
        )
    raise ToolError(
        f"{mismatch}: size or SHA-256 differs from what {best.release.where} lists", _STALE_MIRROR
    )


def _names(index: PackagesFile) -> str:
    return ", ".join(suffix or "none" for suffix in index.entries)


def _get(url: str, limit: int, advance: Callable[[int], None]) -> bytes | None:
    """The body at a URL, at most one byte more than `limit`; None if it is not found."""
    for pause in (*_PAUSES, None):
        try:
            return _get_once(url, limit, advance)
        except requests.RequestException as error:
            reason = _explain(error)
            permanent = (
                isinstance(error, requests.HTTPError)
                and error.response.status_code not in _TEMPORARY
            )
            if pause is None or permanent:
                raise ToolError(f"download failed: {url}: {reason}", _HINT) from None
            time.sleep(pause)
    return None


def _get_once(url: str, limit: int, advance: Callable[[int], None]) -> bytes | None:
    session = getattr(_local, "session", None)
    if session is None:
        session = _local.session = requests.Session()
        # A compressed file must stay compressed: its hash is that of the compressed bytes.
        session.headers.update({"User-Agent": "distroless-lock", "Accept-Encoding": "identity"})
    data = bytearray()
    with session.get(url, stream=True, timeout=_TIMEOUTS) as response:
        if response.status_code in (404, 410):
            return None
        response.raise_for_status()
        try:
            while chunk := response.raw.read(min(1 << 20, limit + 1 - len(data))):
                data += chunk
                advance(len(chunk))
        except (urllib3.exceptions.HTTPError, OSError) as error:
            advance(-len(data))
            raise requests.ConnectionError(error) from None
    return bytes(data)


def _explain(error: requests.RequestException) -> str:
    if isinstance(error, requests.HTTPError):
        return f"HTTP {error.response.status_code}"
    if isinstance(error, requests.exceptions.SSLError):
        return "untrusted certificate"
    if isinstance(error, requests.Timeout):
        return "timeout"
    if isinstance(error, requests.exceptions.ProxyError):
        return "connection to the proxy failed"
    if isinstance(error, requests.ConnectionError):
        return "connection failed"
    return str(error).split("\n", 1)[0]
