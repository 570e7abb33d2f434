"""HTTP connections on which a server can use a bounded time and number of bytes.

http.client has a timeout for each read, so a server that sends a byte from time to time keeps it
waiting forever. Here each read ends at a deadline, which every received byte moves on a little.
"""

from __future__ import annotations

import base64
import functools
import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from typing import Any

from tools.lib.cli.ca_file import machine_ca_file, user_ca_file
from tools.lib.debian.urls import Url

# Seconds until a connection must be established, or an address of the host is given up.
_CONNECT = 30.0
# A server must send its first byte within these seconds, and all others at this rate or faster.
_GRACE = 60.0
_MIN_RATE = 8 << 10
# Bytes of headers, and of framing beside a body.
_OVERHEAD = 1 << 20

_LOOKUP = threading.Lock()


class TooSlowError(OSError):
    """The server did not send anything in time, or sends too slowly."""


class TooLargeError(OSError):
    """The server sends more than the answer may have."""


class _Budget:
    """The time and bytes that a server has left."""

    def __init__(self, limit: int) -> None:
        self._deadline = time.monotonic() + _GRACE
        self._bytes = _OVERHEAD + 2 * limit

    def seconds(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TooSlowError
        return left

    def use(self, size: int) -> None:
        self._deadline += size / _MIN_RATE
        self._bytes -= size
        if self._bytes < 0:
            raise TooLargeError


class _LimitedReader(io.RawIOBase):
    """The reading side of a socket."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket, budget: _Budget) -> None:
        self._raw = raw
        self._socket = connection
        self._budget = budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._socket.settimeout(self._budget.seconds())
        try:
            size: int | None = self._raw.readinto(buffer)
        except TimeoutError:
            raise TooSlowError from None
        self._budget.use(size or 0)
        return size

    def close(self) -> None:
        super().close()
        self._raw.close()


class _Response(http.client.HTTPResponse):
    """A response that is read within a budget."""

    def __init__(self, connection: socket.socket, *args: Any, budget: _Budget, **kw: Any) -> None:
        super().__init__(connection, *args, **kw)
        self.fp: Any = io.BufferedReader(_LimitedReader(self.fp.detach(), connection, budget))


def get(
    url: Url, proxy: Url | None, headers: dict[str, str], limit: int
) -> http.client.HTTPResponse:
    """Sends a request; returns the response, of which only the headers have been read.

    Closing the response closes the connection.

    Args:
        url: http or https.
        proxy: the proxy to use.
        headers: of the request.
        limit: the bytes of the body that will be read.

    Raises:
        OSError: the connection failed, or one of the errors above.
        http.client.HTTPException: the response is malformed.
    """
    target = url.target
    if proxy is None:
        connection = _connection(url)
    elif url.scheme == "http":
        connection = _connection(proxy)
        target = str(url)
        headers = headers | _proxy_headers(proxy)
    else:
        connection = http.client.HTTPSConnection(
            proxy.host, proxy.port, timeout=_CONNECT, context=_tls_context()
        )
        connection.set_tunnel(url.host, url.port, _proxy_headers(proxy))
    # The tunnel through a proxy is such a response, too.
    connection.response_class = functools.partial(  # type: ignore[assignment]
        _Response, budget=_Budget(limit)
    )
    connection._create_connection = _connect  # type: ignore[attr-defined]
    try:
        connection.request("GET", target, headers={**headers, "Connection": "close"})
        return connection.getresponse()
    except BaseException:
        connection.close()
        raise


def basic_auth(userinfo: str) -> str:
    """The value of an Authorization header (RFC 7617)."""
    return "Basic " + base64.b64encode(userinfo.encode()).decode()


def _proxy_headers(proxy: Url) -> dict[str, str]:
    return {"Proxy-Authorization": basic_auth(proxy.userinfo)} if proxy.userinfo else {}


def _connect(
    address: tuple[str, int], timeout: float, source_address: tuple[str, int] | None = None
) -> socket.socket:
    """As socket.create_connection, but a host is looked up once.

    Many lookups at a time make some name servers drop a few, which then take five seconds.
    """
    with _LOOKUP:
        found = _lookup(*address)
    for number, (family, kind, protocol, _, target) in enumerate(found, 1):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(timeout)
            connection.connect(target)
            return connection
        except OSError:
            connection.close()
            if number == len(found):
                raise
    raise OSError("no address")


@functools.lru_cache(maxsize=256)
def _lookup(host: str, port: int) -> Sequence[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def _connection(url: Url) -> http.client.HTTPConnection:
    if url.scheme == "http":
        return http.client.HTTPConnection(url.host, url.port, timeout=_CONNECT)
    return http.client.HTTPSConnection(url.host, url.port, timeout=_CONNECT, context=_tls_context())


@functools.cache
def _tls_context() -> ssl.SSLContext:
    """The default context; with the machine's certificates also if Python was built elsewhere."""
    if path := user_ca_file():
        return ssl.create_default_context(cafile=path)
    context = ssl.create_default_context()
    if path := machine_ca_file():
        context.load_verify_locations(path)
    return context
