"""HTTP requests: TLS, proxies, timeouts, redirects.

Proxies come from the environment, as `requests` reads it. ~/.netrc is not read: credentials are
those of docker and podman.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from urllib.parse import urljoin, urlsplit

import requests
import requests.adapters
import requests.auth

from tools.lib.cli.ca_file import VARIABLES, machine_ca_file, user_ca_file
from tools.lib.registry.backoff import parse_retry_after
from tools.lib.registry.errors import RegistryError, TemporaryError, error_for, shown
from tools.lib.registry.traffic import Traffic

USER_AGENT = "distroless"
Body = bytes | Iterable[bytes] | None

# Seconds. Each is for one step (a connection, one read, 64 KiB sent), so only a hang takes as long.
_CONNECT = 60.0
# A registry that moves a layer of gigabytes to its store says nothing until it is done.
READ_TIMEOUT = 600.0
_MAX_REDIRECTS = 10
_SHORT = 1 << 16
_REDIRECTS = (301, 302, 303, 307, 308)


class _Authorization(requests.auth.AuthBase):
    """Sets the header. With any `auth`, requests does not look into ~/.netrc."""

    def __init__(self, value: str | None) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._value:
            request.headers["Authorization"] = self._value
        return request


class Transport:
    """Sends requests. Several threads may use it.

    Args:
        connections: how many are kept open to a host.
        read_timeout: seconds to wait for an answer, and for each part of it.
        traffic: counts the requests.
    """

    def __init__(
        self,
        connections: int = 8,
        *,
        read_timeout: float = READ_TIMEOUT,
        traffic: Traffic | None = None,
    ) -> None:
        self._read_timeout = read_timeout
        self._traffic = traffic or Traffic()
        self._session = requests.Session()
        adapter = requests.adapters.HTTPAdapter(pool_connections=16, pool_maxsize=connections)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._ca_file = user_ca_file() or machine_ca_file()
        self._session.headers["User-Agent"] = USER_AGENT
        # What has a digest must arrive as it is.
        self._session.headers["Accept-Encoding"] = "identity"

    def send(
        self,
        method: str,
        url: str,
        *,
        where: str,
        authorization: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: Body = None,
        redirects: bool = True,
    ) -> requests.Response:
        """Sends a request once; returns the answer, whatever its status. Its body is not read yet.

        A redirect is followed if `redirects`. `authorization` and `body` are sent to the origin of
        `url` only.

        Raises:
            TemporaryError: there was no answer.
            RegistryError: the same request will fail again.
        """
        first = url
        for _ in range(_MAX_REDIRECTS):
            value = authorization if origin(url) == origin(first) else None
            response = self._send(method, url, where, value, headers or {}, body)
            location = response.headers.get("Location")
            if not redirects or response.status_code not in _REDIRECTS or not location:
                return response
            finish(response)
            target = urljoin(url, location)
            if urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https":
                raise RegistryError(f"{where}: redirect from https to {shown(target)}")
            if response.status_code == 303 and method not in ("GET", "HEAD"):
                method, body = "GET", None
            if body is not None and not isinstance(body, bytes):
                raise RegistryError(f"{where}: redirect of an upload to {shown(target)}")
            if body and origin(target) != origin(first):  # it may be a refresh token
                raise RegistryError(f"{where}: redirect of the content to {shown(target)}")
            url = target
        raise RegistryError(f"{where}: more than {_MAX_REDIRECTS} redirects")

    def _send(
        self,
        method: str,
        url: str,
        where: str,
        authorization: str | None,
        headers: Mapping[str, str],
        body: Body,
    ) -> requests.Response:
        try:
            return self._session.request(
                method,
                url,
                headers=dict(headers),
                data=self._traffic.count(method, url, body),
                auth=_Authorization(authorization),
                timeout=(_CONNECT, self._read_timeout),
                allow_redirects=False,
                stream=True,
                verify=self._ca_file or True,
            )
        except requests.RequestException as error:
            raise failure(error, where, self._read_timeout) from None


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port


def check(response: requests.Response, where: str, *expected: int) -> requests.Response:
    """Returns the answer if its status is one of `expected`.

    Raises:
        RegistryError: it is not; see error_for.
    """
    if response.status_code in expected:
        return response
    wait = parse_retry_after(response.headers.get("Retry-After"))
    error = error_for(response, where, wait)
    finish(response)
    raise error


def finish(response: requests.Response) -> None:
    """Ends an answer whose body does not matter, and keeps the connection if the body is short."""
    with contextlib.suppress(Exception):
        response.raw.read(_SHORT)
    response.close()


def read_bounded(response: requests.Response, limit: int, where: str) -> bytes:
    """The body of an answer, at most `limit` bytes.

    Raises:
        TemporaryError: the connection broke.
        RegistryError: the body is larger.
    """
    try:
        data: bytes = response.raw.read(limit + 1, decode_content=True)
    except Exception as error:
        raise TemporaryError(f"{where}: the connection broke", "try again") from error
    finally:
        response.close()
    if len(data) > limit:
        raise RegistryError(f"{where}: larger than {limit} bytes")
    return data


def failure(
    error: requests.RequestException, where: str, read_timeout: float = READ_TIMEOUT
) -> RegistryError:
    """The error for a request without an answer. What `error` itself says has the whole URL."""
    text = repr(error)
    if isinstance(error, requests.exceptions.SSLError):
        if "WRONG_VERSION_NUMBER" in text or "UNKNOWN_PROTOCOL" in text:
            return RegistryError(
                f"{where}: TLS failed: the server does not speak TLS",
                "use --insecure for a registry with plain http",
            )
        reason = _between(text, "certificate verify failed: ", " (_ssl")
        reason = f"invalid certificate: {reason}" if reason else "the handshake failed"
        variable = next((name for name in VARIABLES if os.environ.get(name)), VARIABLES[-1])
        hint = f"{variable} names a file of CA certificates to trust"
        return RegistryError(f"{where}: TLS failed: {reason}", hint)
    if isinstance(error, requests.exceptions.ProxyError):
        hint = "https_proxy and no_proxy name the proxy and exceptions"
        return TemporaryError(f"{where}: the proxy failed", hint, connected=False)
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return RegistryError(f"{where}: invalid URL")
    network = "check the name of the registry and the network"
    if "NameResolutionError" in text or "getaddrinfo" in text:
        return TemporaryError(f"{where}: host not found", network, connected=False)
    if "Connection refused" in text:
        return TemporaryError(f"{where}: connection refused", network, connected=False)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return TemporaryError(
            f"{where}: no connection within {_CONNECT:g} s", network, connected=False
        )
    if isinstance(error, requests.exceptions.Timeout):
        return TemporaryError(f"{where}: no answer within {read_timeout:g} s", "try again later")
    return TemporaryError(f"{where}: the connection broke", "try again")


def _between(text: str, start: str, end: str) -> str:
    return text.partition(start)[2].partition(end)[0][:200]
