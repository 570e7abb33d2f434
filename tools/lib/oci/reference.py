"""Names of repositories and images: `registry.example.com:5000/team/app:v1`.

Source: the reference grammar of distribution-spec 1.1 ("Pulling manifests") and of docker, which
reads a name without a host as one of docker.io.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError

_PATH = re.compile(
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
)
_HOST = re.compile(r"(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ANY_DIGEST = re.compile(r"@sha(?:256|512):[^@/]*$")
_DOCKER = "docker.io"
_MAX_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of a registry."""

    host: str
    """Host, with a port if the name has one; `docker.io` if the name has no host."""
    path: str

    def __str__(self) -> str:
        return f"{self.host}/{self.path}"

    @property
    def short_name(self) -> str:
        """The name as docker shows it, without what docker adds by itself."""
        if self.host != _DOCKER:
            return str(self)
        return self.path.removeprefix("library/")

    @property
    def api_host(self) -> str:
        """The host that serves the registry's API."""
        return "registry-1.docker.io" if self.host == _DOCKER else self.host


@dataclass(frozen=True, slots=True)
class Reference:
    """A repository, and what it names there: a tag, a digest, both or neither."""

    repository: Repository
    tag: str | None
    digest: str | None


def parse_repository(text: str) -> Repository:
    """Reads a repository's name; a ToolError if it has a tag or a digest, or is not a name."""
    reference = parse_reference(text)
    if reference.tag or reference.digest:
        raise ToolError(
            f"repository {text!r:.300}: must not have a tag or a digest",
            f"write {reference.repository}",
        )
    return reference.repository


def parse_reference(text: str) -> Reference:
    """Reads the name of an image: `[HOST/]PATH[:TAG][@sha256:HEX]`.

    Raises:
        ToolError: it is not a name. The error has no credentials of a `USER:PASSWORD@HOST/...`.
    """
    _refuse_credentials(text)
    name, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise ToolError(f"image name {text!r:.300}: the digest must be sha256: and 64 hex digits")
    head, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    if colon and not _TAG.fullmatch(tag):
        raise ToolError(f"image name {text!r:.300}: invalid tag {tag!r:.150}")
    return Reference(
        _repository(head + slash + last, text), tag if colon else None, digest if at else None
    )


def _refuse_credentials(text: str) -> None:
    _, at, rest = _ANY_DIGEST.sub("", text).rpartition("@")
    if at:
        host = rest.partition("/")[0]
        raise ToolError(
            "an image name must not have credentials",
            f"remove what is before @{host}, and run docker login {host}, or podman login {host}",
        )


def check_tag(tag: str) -> str:
    """Returns the tag, if it is one."""
    if not _TAG.fullmatch(tag):
        raise ToolError(
            f"invalid tag {tag!r:.150}",
            "up to 128 letters, digits, '_', '.' and '-'; the first must not be '.' or '-'",
        )
    return tag


def _repository(name: str, text: str) -> Repository:
    first, slash, rest = name.partition("/")
    has_host = slash and (
        "." in first or ":" in first or first == "localhost" or first != first.lower()
    )
    host, path = (first, rest) if has_host else (_DOCKER, name if slash else f"library/{name}")
    if host in ("index.docker.io", "registry-1.docker.io"):
        host = _DOCKER
    if (
        not _HOST.fullmatch(host)
        or not _PATH.fullmatch(path)
        or len(host) + len(path) > _MAX_LENGTH
    ):
        raise ToolError(
            f"invalid image name {text!r:.300}",
            "such as registry.example.com/team/app: the path is in lower case",
        )
    return Repository(host, path)
