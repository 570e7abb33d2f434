"""Files over HTTP, in bounded sizes and with retries."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import requests
import urllib3

from tools.lib.cli.errors import ToolError
from tools.lock.release import Index, Release, by_hash_path

_MAX_RELEASE = 16 << 20
_TIMEOUTS = (10, 60)
_PAUSES = (0.5, 2.0)
_BUSY = (408, 425, 429, 500, 502, 503, 504)
_HINT = "offline? https_proxy names a proxy, REQUESTS_CA_BUNDLE certificates to trust"
_STALE = (
    "a mirror that is out of date or just being updated: DISTROLESS_MIRROR names another;"
    " `architectures` of a source leaves an architecture out"
)
_local = threading.local()


def fetch_release(base: str, where: str) -> bytes:
    """The InRelease file of a suite's directory, not yet believed."""
    url = f"{base}/InRelease"
    data = _get(url, _MAX_RELEASE, lambda _: None)
    if data is None:
        raise ToolError(
            f"{url}: not found", f"{where}: is the address right, and has the mirror the suite?"
        )
    if len(data) > _MAX_RELEASE:
        raise ToolError(f"{url}: larger than {_MAX_RELEASE >> 20} MiB, which no Release file is")
    return data


@dataclass(frozen=True, slots=True)
class Place:
    """Where an index may be had."""

    # URL of the suite's directory.
    base: str
    release: Release
    index: Index


class Fetched(NamedTuple):
    """An index as it came, checked against a Release file."""

    url: str
    data: bytes
    # Of its compression.
    suffix: str


def fetch_index(places: Sequence[Place], advance: Callable[[int], None]) -> Fetched:
    """Fetches one index, in whatever compression and from whichever place has it.

    A mirror may have only part of what its Release file lists: a new amd64 and an old riscv64, .gz
    and no .xz, no names by hash.

    Args:
        places: where the very same index is listed, best first; at least one.
        advance: is told of each number of bytes that arrived, less those that were of no use.
    """
    other = ""
    for suffix in places[0].index.files:
        for place in places:
            listed = place.index.files.get(suffix)
            if listed is None:
                continue
            urls = [f"{place.base}/{place.index.path}{suffix}"]
            if place.release.by_hash:
                urls.insert(0, f"{place.base}/{by_hash_path(place.index, listed)}")
            for url in urls:
                data = _get(url, listed.size, advance)
                if data is None:
                    continue
                if hashlib.sha256(data).hexdigest() == listed.sha256:
                    return Fetched(url, data, suffix)
                advance(-len(data))
                other = other or url
    best = places[0]
    if not other:
        raise ToolError(f"{best.base}/{best.index.path}: not found in any compression", _STALE)
    raise ToolError(
        f"{other}: not the file that {best.release.where} lists: size or sha256 is another", _STALE
    )


def _get(url: str, limit: int, advance: Callable[[int], None]) -> bytes | None:
    """The body at a URL, at most one byte more than `limit`; None if there is none."""
    for pause in (*_PAUSES, None):
        try:
            return _get_once(url, limit, advance)
        except requests.RequestException as error:
            failure = _explain(error)
            refused = (
                isinstance(error, requests.HTTPError) and error.response.status_code not in _BUSY
            )
            if pause is None or refused:
                raise ToolError(f"{url}: {failure}", _HINT) from None
            time.sleep(pause)
    return None


def _get_once(url: str, limit: int, advance: Callable[[int], None]) -> bytes | None:
    session = getattr(_local, "session", None)
    if session is None:
        session = _local.session = requests.Session()
        # A file that is compressed stays so: its hash is that of the compressed bytes.
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
        return f"the server answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate is not trusted"
    if isinstance(error, requests.Timeout):
        return "the server does not answer in time"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not answer"
    if isinstance(error, requests.ConnectionError):
        return "no connection, or it broke off"
    return str(error).split("\n", 1)[0]
