"""URLs of repositories, and the user and password that they may contain.

A password never belongs in a message, a log or a file, so a `Url` prints without it. Source of the
format: RFC 3986; for `file:` also RFC 8089.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

_PORTS = {"http": 80, "https": 443, "file": 0}
_HOST = re.compile(r"[a-z0-9._-]+")
# All printable ASCII characters: only others are quoted.
_SAFE = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, slots=True)
class Url:
    """An http, https or file URL. `str` gives it without user and password.

    Attributes:
        scheme: http, https or file.
        host: in lower case, an IPv6 address without brackets; empty for file.
        port: the port; 0 for file.
        target: the path and query, percent-encoded; starts with a slash.
        userinfo: `user:password`, decoded; empty if the URL has none.
    """

    scheme: str
    host: str
    port: int
    target: str
    userinfo: str = field(default="", repr=False)

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: credentials are sent to the origin that they are for, only."""
        return self.scheme, self.host, self.port

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"


def parse_url(text: str) -> Url:
    """Reads an absolute URL.

    Raises:
        ValueError: not an absolute http, https or file URL. The error's text does not quote the
            URL, because an invalid one may contain a password anywhere.
    """
    if not text or not text.isprintable() or " " in text:
        raise ValueError("invalid URL: a space or control character")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("invalid URL: invalid host or port") from None
    if parts.scheme not in _PORTS:
        raise ValueError("invalid URL: must start with http://, https:// or file:///")
    target = quote(parts.path or "/", safe=_SAFE)
    if parts.query:
        target += "?" + quote(parts.query, safe=_SAFE)
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
            raise ValueError("invalid URL: a file URL must be file:/// and an absolute path")
        return Url("file", "", 0, target)
    return Url(
        scheme=parts.scheme,
        host=_host(parts.hostname or ""),
        port=_PORTS[parts.scheme] if port is None else port,
        target=target,
        userinfo=unquote(parts.netloc.rpartition("@")[0]),
    )


def _host(name: str) -> str:
    if ":" in name:
        try:
            return str(ipaddress.IPv6Address(name))
        except ValueError:
            raise ValueError("invalid URL: invalid IPv6 address") from None
    try:
        ascii_name = name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_name = ""
    if not _HOST.fullmatch(ascii_name):
        raise ValueError("invalid URL: missing or invalid host name")
    return ascii_name


def redact_url(text: str) -> str:
    """A text that should be a URL, for an error: everything before the last @ is left out."""
    before, at, after = text.rpartition("@")
    if not at:
        return text
    scheme, colon, _ = before.partition("://")
    return f"{scheme}://...@{after}" if colon else f"...@{after}"
