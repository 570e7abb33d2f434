"""What a registry answers when it refuses or fails.

Messages contain the host, the operation and the registry's reason. They never contain a header, a
query string or a body: these can have credentials and signatures.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import requests

from tools.lib.cli.errors import ToolError

TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed later."""

_MAX_BODY = 1 << 16
_HINTS = {
    403: "check that your account may do this in the repository",
    404: "check the name of the repository and the tag or digest",
    405: "this registry does not accept it: it may be read-only, or a pull-through cache",
    413: "the registry, or a proxy before it, limits the size of a request",
    429: "the registry limits requests: log in, or try again later",
}


class RegistryError(ToolError):
    """A request failed. `status` is the HTTP status, 0 if there was no answer."""

    def __init__(self, message: str, hint: str = "", *, status: int = 0) -> None:
        super().__init__(message, hint)
        self.status = status


class TemporaryError(RegistryError):
    """A failure that may pass; `retry_after` is in seconds, None if the registry does not say."""

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        status: int = 0,
        retry_after: float | None = None,
        connected: bool = True,
    ) -> None:
        super().__init__(message, hint, status=status)
        self.retry_after = retry_after
        self.connected = connected


class UnauthorizedError(RegistryError):
    """The registry wants credentials, or other ones."""


class NotFoundError(RegistryError):
    """The registry has no such repository, manifest or blob."""


def unauthorized(where: str, host: str, reason: str, *, anonymous: bool) -> UnauthorizedError:
    """The error for an answer 401.

    Args:
        where: the host, and what was tried.
        host: of the registry, for the hint.
        reason: the registry's, or "".
        anonymous: whether no credentials were found.
    """
    what = "no credentials found" if anonymous else "the credentials were refused"
    reason = f": {reason}" if reason else ""
    return UnauthorizedError(
        f"{where}: unauthorized: {what}{reason}",
        f"run docker login {host}, or podman login {host}",
        status=401,
    )


def error_for(
    response: requests.Response, where: str, retry_after: float | None = None
) -> RegistryError:
    """The error for an answer that is not a success."""
    status = response.status_code
    message = f"{where}: HTTP {status}"
    if reason := reason_of(response):
        message += f": {reason}"
    if status in TEMPORARY:
        hint = _HINTS.get(status, "try again later")
        return TemporaryError(message, hint, status=status, retry_after=retry_after)
    if status == 404:
        return NotFoundError(message, _HINTS[404], status=status)
    if status == 400 and "DIGEST_INVALID" in message:
        return RegistryError(message, "the content differs from its digest: build it again")
    return RegistryError(message, _HINTS.get(status, ""), status=status)


def reason_of(response: requests.Response) -> str:
    """What the body says (distribution-spec 1.1, "Error codes"); "" if it says nothing."""
    try:
        first = json.loads(response.raw.read(_MAX_BODY, decode_content=True))["errors"][0]
        code, text = str(first.get("code", "")), str(first.get("message", ""))
    except Exception:  # a proxy's HTML, a broken connection: the status has to do
        return ""
    return f"{text} ({code})"[:300] if code and text else (text or code)[:300]


def shown(url: str) -> str:
    """A URL without what may be secret: user, query and fragment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
