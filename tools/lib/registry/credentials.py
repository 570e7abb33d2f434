"""Credentials of registries, as docker and podman store them.

Files, in this order; the first that has credentials for the registry counts:

    $DOCKER_CONFIG/config.json, or ~/.docker/config.json   docker
    $REGISTRY_AUTH_FILE                                     podman, skopeo, buildah
    $XDG_RUNTIME_DIR/containers/auth.json                   podman login
    $XDG_CONFIG_HOME/containers/auth.json, ~/.config/...    podman

In a file: `credHelpers` for the registry, then `credsStore`, then `auths`. Sources: docker's
documentation of `docker login`, containers-auth.json(5).
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    parse_object,
    read_document,
    require_object,
    require_string,
    require_string_map,
)
from tools.lib.oci.reference import Repository
from tools.lib.registry.credential_helper import ask_helper

_DOCKER_HUB = "https://index.docker.io/v1/"
_DOCKER_HOSTS = ("docker.io", "index.docker.io", "registry-1.docker.io")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user and a password, or an identity token (OAuth2's refresh token), or a bearer token."""

    user: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The value of the header Authorization (RFC 7617)."""
        text = f"{self.user}:{self.password}".encode()
        return "Basic " + base64.b64encode(text).decode()


def find_credentials(
    repository: Repository, environment: Mapping[str, str] = os.environ
) -> Credentials | None:
    """The user's credentials for a repository, None if there are none.

    Raises:
        ToolError: a file is invalid, or a credential helper failed.
    """
    for path in _files(environment):
        if not os.path.isfile(path):
            continue
        if found := _in_file(path, repository, environment):
            return found
    return None


def _files(environment: Mapping[str, str]) -> Iterator[str]:
    home = environment.get("HOME") or os.path.expanduser("~")
    yield os.path.join(environment.get("DOCKER_CONFIG") or f"{home}/.docker", "config.json")
    if path := environment.get("REGISTRY_AUTH_FILE"):
        yield path
    if directory := environment.get("XDG_RUNTIME_DIR"):
        yield f"{directory}/containers/auth.json"
    directory = environment.get("XDG_CONFIG_HOME") or f"{home}/.config"
    yield f"{directory}/containers/auth.json"


def _in_file(
    path: str, repository: Repository, environment: Mapping[str, str]
) -> Credentials | None:
    config = parse_object(read_document(path), path)
    names = _names(repository)
    helpers = require_string_map(config.get("credHelpers") or {}, f"{path}: credHelpers")
    by_name = {_normalized(key): value for key, value in helpers.items()}
    helper = next((by_name[name] for name in names if name in by_name), "")
    store = helper or require_string(config.get("credsStore") or "", f"{path}: credsStore")
    if store:
        server = _DOCKER_HUB if repository.host == "docker.io" else repository.host
        answer = ask_helper(store, server, path, environment)
        if answer and answer.user == "<token>":
            return Credentials(identity_token=answer.secret)
        if answer:
            return Credentials(answer.user, answer.secret)
        if helper:
            return None
    auths = require_object(config.get("auths") or {}, f"{path}: auths")
    entries = {_normalized(key): (key, value) for key, value in auths.items()}
    for name in names:
        if name in entries:
            key, value = entries[name]
            if found := _in_entry(value or {}, f"{path}: auths[{key!r:.200}]"):
                return found
    return None


def _in_entry(entry: object, where: str) -> Credentials | None:
    """Credentials of an entry of `auths`; None if it is empty, as when a store has them.

    No error shows a value, as it may be a secret.
    """
    if not isinstance(entry, dict):
        raise ToolError(f"{where}: must be an object", "log in again")
    fields: dict[str, object] = entry

    def text(key: str) -> str:
        value = fields.get(key) or ""
        if not isinstance(value, str):
            raise ToolError(f"{where}: {key} must be a string", "log in again")
        return value

    if token := text("registrytoken"):
        return Credentials(registry_token=token)
    if token := text("identitytoken"):
        return Credentials(identity_token=token)
    if encoded := text("auth"):
        try:
            user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            colon = ""
        if not colon:
            raise ToolError(f"{where}: auth is not base64 of USER:PASSWORD", "log in again")
        return Credentials(user, password.rstrip("\0"))
    if text("username"):
        return Credentials(text("username"), text("password"))
    return None


def _names(repository: Repository) -> list[str]:
    """Keys that may have the credentials, the most specific first: podman has keys with paths."""
    hosts = _DOCKER_HOSTS if repository.host == "docker.io" else (repository.host,)
    words = repository.path.split("/")
    paths = ["/".join(words[:count]) for count in range(len(words), 0, -1)]
    return [f"{host}/{path}" for path in paths for host in hosts] + list(hosts)


def _normalized(key: str) -> str:
    """A key of `auths` without what docker wrote around the host: `https://HOST/v1/`."""
    name = key.removeprefix("https://").removeprefix("http://").rstrip("/")
    return name.removesuffix("/v1").removesuffix("/v2")
