"""Answers a registry's challenges: the header Authorization for each scope.

Source: distribution's documentation, "Token Authentication Specification" and "OAuth2 Token
Authentication".
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import requests

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import parse_object
from tools.lib.registry.challenge import Basic, Bearer, parse_challenge
from tools.lib.registry.credentials import Credentials
from tools.lib.registry.errors import (
    RegistryError,
    UnauthorizedError,
    reason_of,
    shown,
    unauthorized,
)
from tools.lib.registry.transport import Transport, check, finish, read_bounded

Scope = frozenset[str]
"""What a request needs, such as {"repository:team/app:pull,push"}."""

_CLIENT_ID = "distroless"
_LIFETIME = 60.0
"""Seconds that a token is valid for if its server does not say."""
_MARGIN = 10.0
_MAX_TOKEN = 1 << 20


def scope_for(path: str, *actions: str) -> str:
    """The scope of actions (`pull`, `push`) in a repository."""
    return f"repository:{path}:{','.join(actions)}"


@dataclass(frozen=True, slots=True)
class _Header:
    value: str = field(repr=False)
    expires: float


class Authenticator:
    """The headers for one registry. Several threads may use it.

    Args:
        host: the registry, for errors.
        transport: sends requests to token servers.
        find: the credentials of the user; called at the first challenge, at most once.
        insecure: whether a token server may have plain http.
    """

    def __init__(
        self,
        host: str,
        transport: Transport,
        find: Callable[[], Credentials | None],
        *,
        insecure: bool = False,
    ) -> None:
        self._host = host
        self._transport = transport
        self._find = find
        self._insecure = insecure
        self._lock = threading.Lock()
        self._headers: dict[Scope, _Header] = {}
        self._credentials: Credentials | None = None
        self._is_known = False

    def header(self, scope: Scope) -> str | None:
        """The header to send with a request; None before the registry asked for one."""
        with self._lock:
            found = self._headers.get(scope)
            return found.value if found and found.expires > time.monotonic() else None

    def answer(
        self, response: requests.Response, scope: Scope, sent: str | None, where: str
    ) -> str:
        """The header to try again with after an answer 401.

        Args:
            response: the answer.
            scope: what the request needs.
            sent: the header that the request had.
            where: names the request in errors.

        Raises:
            UnauthorizedError: there are no credentials, or the registry refused them.
        """
        challenge = parse_challenge(response.headers.get("WWW-Authenticate", ""))
        reason = reason_of(response)
        finish(response)
        with self._lock:
            known = self._headers.get(scope)
            if known and known.value != sent and known.expires > time.monotonic():
                return known.value  # another thread asked meanwhile
            if not self._is_known:
                self._credentials = self._find()
                self._is_known = True
            found = self._credentials
            match challenge:
                case Basic() if found and found.user and found.basic != sent:
                    header = _Header(found.basic, float("inf"))
                case Bearer():
                    header = self._token(challenge, scope, where)
                case _:
                    raise unauthorized(where, self._host, reason, anonymous=found is None)
            self._headers[scope] = header
            return header.value

    def refused(self, response: requests.Response, where: str) -> UnauthorizedError:
        """The error for an answer 401 to the header that `answer` returned."""
        reason = reason_of(response)
        finish(response)
        return unauthorized(where, self._host, reason, anonymous=self._credentials is None)

    def _token(self, challenge: Bearer, scope: Scope, where: str) -> _Header:
        found = self._credentials
        if found and found.registry_token:
            return _Header(f"Bearer {found.registry_token}", float("inf"))
        realm = urlsplit(challenge.realm)
        if realm.scheme != "https" and not (self._insecure and realm.scheme == "http"):
            raise RegistryError(
                f"{where}: the token server {shown(challenge.realm)} has no TLS",
                "use --insecure to allow it",
            )
        scopes = sorted(scope | {each for each in challenge.scopes if each not in scope})
        start = time.monotonic()
        at = f"{where}: token of {shown(challenge.realm)}"
        if found and found.identity_token:
            response = self._refresh(challenge, scopes, found.identity_token, at)
        else:
            query = [("service", challenge.service)] if challenge.service else []
            query += [("scope", each) for each in scopes]
            query += [("account", found.user)] if found else []
            separator = "&" if realm.query else "?"
            response = self._transport.send(
                "GET",
                f"{challenge.realm}{separator}{urlencode(query)}",
                where=at,
                authorization=found.basic if found else None,
            )
        if response.status_code in (400, 401, 403):
            raise unauthorized(at, self._host, reason_of(response), anonymous=found is None)
        check(response, at, 200)
        token, lifetime = _read_token(read_bounded(response, _MAX_TOKEN, at), at)
        return _Header(f"Bearer {token}", start + max(lifetime, _LIFETIME) - _MARGIN)

    def _refresh(
        self, challenge: Bearer, scopes: list[str], token: str, where: str
    ) -> requests.Response:
        form: Mapping[str, str] = {
            "grant_type": "refresh_token",
            "service": challenge.service,
            "client_id": _CLIENT_ID,
            "scope": " ".join(scopes),
            "refresh_token": token,
        }
        return self._transport.send(
            "POST",
            challenge.realm,
            where=where,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode(),
        )


def _read_token(body: bytes, where: str) -> tuple[str, float]:
    """The token and the seconds that it is valid for; errors do not show the body."""
    try:
        answer = parse_object(body, where)
    except ToolError:
        raise RegistryError(f"{where}: the answer is not JSON") from None
    token = answer.get("token") or answer.get("access_token")
    lifetime = answer.get("expires_in") or _LIFETIME
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise RegistryError(f"{where}: the answer has no token")
    return token, float(lifetime) if isinstance(lifetime, int | float) else _LIFETIME
