"""GitHub's REST API, as far as the workflows need it.

Source: docs.github.com/rest, version 2022-11-28. The settings are the environment variables that
GitHub Actions sets; a person sets GITHUB_REPOSITORY and GITHUB_TOKEN.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import requests
import requests.auth

from tools.lib.cli.ca_file import machine_ca_file, user_ca_file
from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import Json, require_int, require_list, require_object

_PAGE = 100
_MAX_PAGES = 100
_TIMEOUT = (30, 60)
MAX_BODY = 65_536
"""Characters of a comment or of a description."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A repository, and how to reach it."""

    repository: str
    """`OWNER/NAME`."""
    token: str
    api_url: str = "https://api.github.com"
    server_url: str = "https://github.com"

    @property
    def owner(self) -> str:
        """The account that has the repository."""
        return self.repository.partition("/")[0]

    @property
    def git_url(self) -> str:
        """What git fetches from and pushes to."""
        return f"{self.server_url}/{self.repository}"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in an environment.

    Raises:
        ToolError: a variable is missing.
    """
    for name in ("GITHUB_REPOSITORY", "GITHUB_TOKEN"):
        if not environment.get(name):
            raise ToolError(f"{name} is not set", "workflows set it with `env`")
    defaults = Settings("", "")
    return Settings(
        environment["GITHUB_REPOSITORY"],
        environment["GITHUB_TOKEN"],
        environment.get("GITHUB_API_URL") or defaults.api_url,
        environment.get("GITHUB_SERVER_URL") or defaults.server_url,
    )


class _Token(requests.auth.AuthBase):
    """Sets the header. With any `auth`, requests does not look into ~/.netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class GitHub:
    """Requests about one repository."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session = requests.Session()
        self._session.headers["Accept"] = "application/vnd.github+json"
        self._session.headers["X-GitHub-Api-Version"] = "2022-11-28"

    def send(self, method: str, path: str, body: Json | None = None) -> object:
        """Sends a request about `repos/OWNER/NAME/<path>`; returns the answer's JSON or None.

        Raises:
            ToolError: it failed. The message has no header, so no token.
        """
        where = f"{method} {path.partition('?')[0]}"
        url = f"{self._settings.api_url}/repos/{quote(self._settings.repository)}/{path}"
        try:
            response = self._session.request(
                method,
                url,
                json=body,
                auth=_Token(self._settings.token),
                timeout=_TIMEOUT,
                allow_redirects=False,
                verify=user_ca_file() or machine_ca_file() or True,
            )
        except requests.RequestException as error:
            reason = type(error).__name__
            raise ToolError(f"{self._settings.api_url}: {where}: {reason}", "try again") from None
        if not response.ok or response.is_redirect:
            message = f"{self._settings.repository}: {where}: HTTP {response.status_code}"
            raise ToolError(f"{message}: {_reason(response)}", _hint(response.status_code))
        return json.loads(response.content) if response.content else None

    def list(self, path: str, **query: str) -> Iterator[Json]:
        """All items of a list, page by page."""
        for page in range(1, _MAX_PAGES + 1):
            fields = urlencode({**query, "per_page": _PAGE, "page": page})
            items = require_list(self.send("GET", f"{path}?{fields}"), path)
            yield from (require_object(each, path) for each in items)
            if len(items) < _PAGE:
                return


def number_of(item: object, key: str = "number") -> int:
    """The number of a pull request, or the `id` of a comment."""
    return require_int(require_object(item, "GitHub's answer").get(key), key, (1 << 63) - 1)


def shorten(text: str, most: int = MAX_BODY) -> str:
    """The text, or its first lines if GitHub would refuse it."""
    if len(text) <= most:
        return text
    note = "\n\nThe rest is too long for GitHub.\n"
    return text[: text.rindex("\n", 0, most - len(note))] + note


def _reason(response: requests.Response) -> str:
    try:
        return str(json.loads(response.content)["message"])[:300]
    except (ValueError, KeyError, TypeError):
        return response.reason or ""


def _hint(status: int) -> str:
    return {
        401: "GITHUB_TOKEN is not valid",
        403: "the job needs other `permissions`; a pull request from a fork has none",
        404: "check GITHUB_REPOSITORY, the number, and the `permissions` of the job",
    }.get(status, "")
