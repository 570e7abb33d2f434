"""HTTP requests that keep passwords secret. Standard library only.

A URL may have userinfo (`http://user:password@host`). It is sent to that host only, as Basic
authentication (RFC 7617), and is not part of any message.
"""

from __future__ import annotations

import base64
import http.client
import queue
import re
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import NamedTuple

NETWORK_ERRORS = (
    urllib.error.URLError,
    TimeoutError,
    ConnectionError,
    ssl.SSLError,
    http.client.IncompleteRead,
)
"""The server or the way to it failed. Another attempt may succeed."""

REQUEST_ERRORS = (*NETWORK_ERRORS, http.client.HTTPException, ValueError)
"""Everything that a request raises: also an invalid URL, or an answer that is not HTTP."""

NOT_FOUND_STATUSES = (404, 410)
TEMPORARY_STATUSES = (408, 425, 429, 500, 502, 503, 504)

# Userinfo ends at the last @ of the authority. If the part after the colon can't be a port, it is a
# password with a slash, and ends at the next @.
_USERINFO = re.compile(
    r"(?<=://)(?:[^\s/?#'\"]*@|[^\s/:@'\"\[]*:[^\s/@'\"]*[^\s/@'\"0-9][^\s@'\"]*@)"
)


class UrlParts(NamedTuple):
    """A URL without userinfo, and the user and password, percent-decoded; empty if it has none."""

    url: str
    user: str
    password: str


def split_userinfo(url: str) -> UrlParts:
    """Splits a URL.

    Raises:
        ValueError: not a URL.
    """
    parts = urllib.parse.urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return UrlParts(url, "", "")
    user, _, password = userinfo.partition(":")
    return UrlParts(
        parts._replace(netloc=host).geturl(),
        urllib.parse.unquote(user),
        urllib.parse.unquote(password),
    )


def without_userinfo(text: str) -> str:
    """A text, such as a message, without the userinfo of all URLs in it."""
    return _USERINFO.sub("", text)


def open_url(
    url: str, timeout: float | None, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> http.client.HTTPResponse:
    """Sends a request, by the proxies in the environment.

    Args:
        url: an http or https URL.
        timeout: seconds to wait for each block of data; None without a limit.
        headers: further headers.
        method: the method.

    Raises:
        one of REQUEST_ERRORS; explain() tells the reason without secrets.
    """
    request = _request(url, headers or {}, method)
    response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=timeout)
    return response


def _request(url: str, headers: Mapping[str, str], method: str) -> urllib.request.Request:
    parts = split_userinfo(url)
    request = urllib.request.Request(parts.url, headers=dict(headers), method=method)
    if parts.user or parts.password:
        token = base64.b64encode(f"{parts.user}:{parts.password}".encode()).decode()
        # A redirect may lead to another host.
        request.add_unredirected_header("Authorization", f"Basic {token}")
    return request


def head(url: str, timeout: float) -> int | None:
    """The HTTP status of a HEAD request; None without an answer within `timeout` seconds.

    The request runs in a thread, because the resolution of names has no time limit.
    """
    answers = queue.SimpleQueue[int | None]()

    def request() -> None:
        try:
            with open_url(url, timeout, method="HEAD") as response:
                answers.put(response.status)
        except urllib.error.HTTPError as error:
            error.close()
            answers.put(error.code)
        except REQUEST_ERRORS:
            answers.put(None)

    threading.Thread(target=request, daemon=True).start()
    try:
        return answers.get(timeout=timeout)
    except queue.Empty:
        return None


def explain(error: Exception) -> str:
    """Why a request failed, in a few words without the URL."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP status {error.code} {error.reason}"
    reason = getattr(error, "reason", error)
    # The texts of these may quote parts of a URL or proxy, and so of its password.
    if isinstance(reason, str | http.client.InvalidURL | ValueError):
        return "invalid URL or proxy"
    text = str(getattr(reason, "strerror", None) or reason) or type(error).__name__
    return without_userinfo(text)


class HeadClient:
    """Sends HEAD requests, with one open connection per server and thread.

    Calls may come from several threads. Name resolution and TLS would make hundreds of separate
    requests slow.

    Args:
        timeout: seconds to wait for each answer.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._reachable: set[str] = set()
        self._local = threading.local()

    def head(self, url: str) -> int | None:
        """The HTTP status; None without an answer in time. Redirects are followed."""
        parts = urllib.parse.urlsplit(url)
        if parts.netloc not in self._reachable or _uses_proxy(parts):
            status = head(url, self._timeout)
            if status is not None:
                self._reachable.add(parts.netloc)
            return status
        status = self._head(url)
        return head(url, self._timeout) if status is None or 300 <= status < 400 else status

    def _head(self, url: str) -> int | None:
        """The HTTP status on the open connection; None if the connection failed."""
        request = _request(url, {}, "HEAD")
        connections: dict[str, http.client.HTTPConnection] = self._local.__dict__
        key = f"{request.type}://{request.host}"
        if key not in connections:
            https = request.type == "https"
            kind = http.client.HTTPSConnection if https else http.client.HTTPConnection
            connections[key] = kind(request.host, timeout=self._timeout)
        connection = connections[key]
        try:
            connection.request("HEAD", request.selector, headers=dict(request.header_items()))
            with connection.getresponse() as response:
                return response.status
        except REQUEST_ERRORS:
            connection.close()  # The next request opens it again.
            return None


def _uses_proxy(url: urllib.parse.SplitResult) -> bool:
    return url.scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(url.netloc)
