"""A registry: requests with authentication, tried again where that can help."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urljoin

import requests

from tools.lib.oci.reference import Repository
from tools.lib.registry.auth import Authenticator, Scope
from tools.lib.registry.backoff import Backoff
from tools.lib.registry.credentials import Credentials, find_credentials
from tools.lib.registry.errors import RegistryError, shown
from tools.lib.registry.transport import Body, Transport, check, origin

FindCredentials = Callable[[Repository], Credentials | None]


class Registry:
    """A registry of a host, for one repository's credentials. Several threads may use it.

    Args:
        repository: the repository, which selects the host and the credentials.
        insecure: whether to use plain http.
        find: finds credentials.
        backoff: how to try again.
        transport: sends requests.
    """

    def __init__(
        self,
        repository: Repository,
        *,
        insecure: bool = False,
        find: FindCredentials = find_credentials,
        backoff: Backoff | None = None,
        transport: Transport | None = None,
    ) -> None:
        self.host = repository.host
        self.backoff = backoff or Backoff()
        self._base = f"{'http' if insecure else 'https'}://{repository.api_host}"
        self._transport = transport or Transport()
        self._auth = Authenticator(
            self.host, self._transport, lambda: find(repository), insecure=insecure
        )

    def url(self, path: str) -> str:
        """The URL of a path of the API, or of a Location, which may be relative.

        Raises:
            RegistryError: a Location without TLS of a registry with TLS.
        """
        url = urljoin(self._base, path)
        if self._base.startswith("https:") and not url.startswith("https:"):
            raise RegistryError(
                f"{self.host}: the registry sends uploads to {shown(url)}, which has no TLS",
                "the proxy before it must set X-Forwarded-Proto",
            )
        return url

    def authorization(self, scope: Scope) -> str | None:
        """The header that the registry accepted for a scope; None if it wanted none so far."""
        return self._auth.header(scope)

    def call(
        self,
        method: str,
        url: str,
        *expected: int,
        where: str,
        scope: Scope,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> requests.Response:
        """Sends a request, again if the failure may pass; see `send`."""
        return self.backoff.call(
            lambda _: self.send(
                method, url, *expected, where=where, scope=scope, headers=headers, body=body
            )
        )

    def send(
        self,
        method: str,
        url: str,
        *expected: int,
        where: str,
        scope: Scope,
        headers: Mapping[str, str] | None = None,
        body: Body = None,
    ) -> requests.Response:
        """Sends a request once, or twice if the registry asks for credentials.

        The caller reads the body or closes the answer. A body that is not bytes must be iterable
        more than once.

        Args:
            method: of HTTP.
            url: absolute. Credentials are sent to the registry's own origin only.
            expected: statuses that are a success.
            where: names the request in errors, after the host.
            scope: what the request needs.
            headers: further headers.
            body: the content.

        Raises:
            RegistryError: another status, or no answer.
        """
        where = f"{self.host}/{where}"
        is_own = origin(url) == origin(self._base)
        header = self._auth.header(scope) if is_own else None

        def once(authorization: str | None) -> requests.Response:
            return self._transport.send(
                method, url, where=where, authorization=authorization, headers=headers, body=body
            )

        response = once(header)
        if response.status_code == 401 and is_own:
            header = self._auth.answer(response, scope, header, where)
            response = once(header)
            if response.status_code == 401:
                raise self._auth.refused(response, where)
        return check(response, where, *expected)
