"""Downloads of bounded size and time, by HTTP or from local files. Standard library only.

Credentials come from the URL of a source, a credential helper or ~/.netrc, and are sent to the
origin (scheme, host and port) that they are for. A redirect to another origin gets none. No error
contains any.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import netrc
import os
import re
import socket
import ssl
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote, unquote, urljoin

from tools.lib.cli.errors import ToolError
from tools.lib.debian.urls import Url, parse_url
from tools.lib.download.credential_helper import helpers_of
from tools.lib.download.http_connection import TooLargeError, TooSlowError, basic_auth, get
from tools.lib.download.proxies import proxy_for

# Seconds before each retry.
_PAUSES = (0.5, 2.0)
_TEMPORARY = (408, 425, 429, 500, 502, 503, 504)
_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_REDIRECTS = 10
_CHUNK = 1 << 18
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_CREDENTIALS_HINT = (
    "put the user and password in ~/.netrc, or name a program in DISTROLESS_CREDENTIAL_HELPER"
)
_HINTS = {
    401: _CREDENTIALS_HINT,
    403: _CREDENTIALS_HINT,
    407: "put the user and password in the proxy's URL: https_proxy=http://user:password@host:port",
}
_NETWORK_HINT = "check the network; http_proxy and https_proxy name a proxy"
_TLS_HINT = "SSL_CERT_FILE names a file of CA certificates to trust"
_SLOW_HINT = "try again, or use another mirror"


class DownloadError(ToolError):
    """A file could not be downloaded. `reason` has no URL: `connection refused`."""

    def __init__(self, message: str, hint: str = "", reason: str = "") -> None:
        super().__init__(message, hint)
        self.reason = reason


class UnavailableError(DownloadError):
    """The server works but does not provide the file. `reason` is such as `HTTP 404`."""


class _Failure(Exception):
    """An attempt failed: the reason, a hint, and whether to try again."""

    def __init__(self, reason: str, hint: str = "", *, temporary: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.temporary = temporary


class _Unavailable(_Failure):
    """As `UnavailableError`."""


class Downloader:
    """Downloads files. Several threads may use it.

    Args:
        credential_helpers: as `CredentialHelpers` takes them; by default those of the environment.
    """

    def __init__(self, credential_helpers: Sequence[str] = ()) -> None:
        self._helpers = helpers_of(credential_helpers, os.environ)
        self._credentials: dict[tuple[str, str, int], str] = {}

    def add_source(self, text: str) -> str:
        """Remembers the user and password in the URL of a source; returns the URL without them.

        Raises:
            ValueError: the URL is invalid; see parse_url.
        """
        url = parse_url(text)
        if url.userinfo:
            self._credentials.setdefault(url.origin, url.userinfo)
        return str(url).rstrip("/")

    def get(self, text: str, limit: int, advance: Callable[[int], None] = lambda _: None) -> bytes:
        """The content of a file, or its first `limit` + 1 bytes if it is larger.

        Args:
            text: the URL, without user and password.
            limit: in bytes.
            advance: called with each number of bytes received, and with a negative number if the
                bytes of an attempt are of no use.

        Raises:
            UnavailableError: the server does not provide the file.
            DownloadError: the download failed for another reason.
            ToolError: the URL is invalid.
        """
        try:
            url = parse_url(text)
        except ValueError as error:
            raise ToolError(f"download failed: {error}") from None
        for pause in (*_PAUSES, None):
            try:
                if url.scheme == "file":
                    return _read_file(url, limit)
                return self._get(url, limit, advance)
            except _Unavailable as failure:
                message = f"download failed: {url}: {failure.reason}"
                raise UnavailableError(message, failure.hint, failure.reason) from None
            except _Failure as failure:
                if pause is None or not failure.temporary:
                    raise DownloadError(
                        f"download failed: {url}: {failure.reason}", failure.hint, failure.reason
                    ) from None
            time.sleep(pause)
        raise AssertionError

    def _get(self, url: Url, limit: int, advance: Callable[[int], None]) -> bytes:
        """The content, after redirects."""
        credentials = self._headers(url)
        target = url
        for _ in range(_MAX_REDIRECTS + 1):
            try:
                # To another origin than the one that the credentials are for: without them.
                found = _request(
                    target, credentials if target.origin == url.origin else {}, limit, advance
                )
            except _Failure as failure:
                if target.origin != url.origin:
                    # Without the path, which may be signed and so be a secret.
                    scheme, host, port = target.origin
                    failure.reason += f" (after a redirect to {scheme}://{host}:{port})"
                raise
            if isinstance(found, bytes):
                return found
            target = found
        raise _Failure("too many redirects")

    def _headers(self, url: Url) -> Mapping[str, str]:
        """The headers with the credentials for the origin of a URL."""
        userinfo = self._credentials.get(url.origin)
        if not userinfo:
            headers = self._helpers.headers(url)
            if headers:
                return headers
            userinfo = _netrc_userinfo(url.host)
        return {"Authorization": basic_auth(userinfo)} if userinfo else {}


def _request(
    url: Url, credentials: Mapping[str, str], limit: int, advance: Callable[[int], None]
) -> bytes | Url:
    """One request: the content, or where it redirects to."""
    received = 0
    headers = {**credentials, "User-Agent": "distroless-lock", "Accept-Encoding": "identity"}
    try:
        with contextlib.closing(get(url, proxy_for(url), headers, limit)) as response:
            if response.status in _REDIRECTS:
                # The body is not read: it may be of any size.
                return _redirect(url, response.getheader("Location", ""))
            if response.status != http.HTTPStatus.OK:
                raise _status_failure(response.status)
            data = bytearray()
            while chunk := response.read(min(_CHUNK, limit + 1 - len(data))):
                data += chunk
                received += len(chunk)
                advance(len(chunk))
            if response.length and len(data) <= limit:
                raise _Failure("connection closed early", temporary=True)
            return bytes(data)
    except _Failure:
        advance(-received)
        raise
    except (OSError, http.client.HTTPException) as error:
        advance(-received)
        raise _explain(error) from None


def _redirect(url: Url, location: str) -> Url:
    try:
        # Headers are decoded as Latin-1, whatever they are.
        quoted = quote(location.encode("latin-1", "replace"), safe=_PRINTABLE)
        target = parse_url(urljoin(str(url), quoted))
    except ValueError:
        raise _Failure("redirect to an invalid URL") from None
    if not location or target.scheme == "file":
        raise _Failure("redirect to an invalid URL")
    if url.scheme == "https" and target.scheme == "http":
        raise _Failure("redirect from https to http")
    return dataclasses.replace(target, userinfo="")


def _status_failure(status: int) -> _Failure:
    reason, hint = f"HTTP {status}", _HINTS.get(status, "")
    if status in _TEMPORARY:
        return _Failure(reason, _SLOW_HINT, temporary=True)
    if 400 <= status < 500 and status != http.HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return _Unavailable(reason, hint)
    return _Failure(reason, hint)


def _explain(error: Exception) -> _Failure:
    """The failure for an error. Texts of errors are not used: they may quote URLs or servers."""
    match error:
        case TooSlowError():
            return _Failure("the server is too slow or does not answer", _SLOW_HINT)
        case TooLargeError():
            return _Failure("the answer is too large")
        case socket.gaierror():
            return _Failure("cannot resolve the host name", _NETWORK_HINT, temporary=True)
        case ssl.SSLCertVerificationError():
            return _Failure("untrusted certificate", _TLS_HINT)
        case ssl.SSLError():
            return _Failure("TLS failed", _TLS_HINT)
        case TimeoutError():
            return _Failure("connection timed out", _NETWORK_HINT, temporary=True)
        case ConnectionRefusedError():
            return _Failure("connection refused", _NETWORK_HINT, temporary=True)
        case http.client.IncompleteRead() | ConnectionError():
            return _Failure("connection closed early", _NETWORK_HINT, temporary=True)
        case http.client.HTTPException():
            return _Failure("invalid HTTP response", _NETWORK_HINT)
    # http.client's only error for a proxy that refuses a tunnel.
    refused = re.match(r"Tunnel connection failed: ([0-9]{3})\b", str(error))
    if refused:
        status = int(refused[1])
        return _Failure(
            f"the proxy answered HTTP {status}",
            _HINTS.get(status, ""),
            temporary=status in _TEMPORARY,
        )
    reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else ""
    return _Failure(reason or "connection failed", _NETWORK_HINT, temporary=True)


def _netrc_userinfo(host: str) -> str:
    """`user:password` for a host from ~/.netrc or the file in NETRC; empty if there is none.

    An entry `default` does not count: its password would be sent to every host. Neither does it in
    rules/private/download_auth.bzl.
    """
    path = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")
    try:
        found = netrc.netrc(path).hosts.get(host)
    except OSError:
        return ""
    except (netrc.NetrcParseError, UnicodeError) as error:
        # The error's own text may quote a password.
        line = getattr(error, "lineno", None)
        raise ToolError(f"{path}{f':{line}' if line else ''}: invalid netrc file") from None
    return f"{found[0]}:{found[2]}" if found else ""


def _read_file(url: Url, limit: int) -> bytes:
    path = unquote(url.target)
    try:
        # Not to wait for the other end of a pipe.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as source:
            if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
                raise _Unavailable("not a regular file")
            return source.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise _Unavailable("no such file") from None
    except (OSError, ValueError) as error:
        raise _Failure(getattr(error, "strerror", None) or "invalid path") from None
