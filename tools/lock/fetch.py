"""Files over HTTP, in bounded sizes and with retries."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable

import requests
import urllib3

from tools.lib.errors import ToolError
from tools.lock.release import Index, Release, by_hash_path

_MAX_RELEASE = 16 << 20
_TIMEOUTS = (10, 60)
_PAUSES = (0.5, 2.0)
_BUSY = (408, 425, 429, 500, 502, 503, 504)
_HINT = "offline? https_proxy names a proxy, REQUESTS_CA_BUNDLE certificates to trust"
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


def fetch_index(base: str, release: Release, index: Index, advance: Callable[[int], None]) -> bytes:
    """The bytes of an index, checked against the Release file.

    Args:
        base: URL of the suite's directory.
        release: its Release file.
        index: which of its indexes.
        advance: is told of each number of bytes that arrived.
    """
    url = f"{base}/{index.path}"
    data = None
    if release.by_hash:
        data = _get(f"{base}/{by_hash_path(index)}", index.size, advance)
    if data is None:
        data = _get(url, index.size, advance)
    if data is None:
        raise ToolError(f"{url}: not found", "the mirror lacks it; another one may have it")
    if len(data) != index.size or hashlib.sha256(data).hexdigest() != index.sha256:
        raise ToolError(
            f"{url}: not the file that {release.where} lists: size or sha256 is another",
            "a mirror that is out of date or just being updated: DISTROLESS_MIRROR names another",
        )
    return data


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
