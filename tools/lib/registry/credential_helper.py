"""docker's credential helpers: programs `docker-credential-NAME` that have the secrets.

`get` reads the registry from stdin, and writes `{"Username": ..., "Secret": ...}`. Source: the
protocol in the README of docker-credential-helpers.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import parse_object

_NOT_FOUND = "credentials not found"


@dataclass(frozen=True, slots=True)
class HelperAnswer:
    """The user, `<token>` if the secret is an identity token, and the secret."""

    user: str
    secret: str = field(repr=False)


def ask_helper(
    name: str, server: str, config: str, environment: Mapping[str, str]
) -> HelperAnswer | None:
    """What a helper knows about a registry; None if it has no credentials for it.

    Args:
        name: of the helper, without `docker-credential-`.
        server: the registry, as docker calls it.
        config: the file that names the helper, for errors.
        environment: of the helper.

    Raises:
        ToolError: the helper is not installed, or failed. Its output is not shown, as it may have
            a secret.
    """
    if not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        raise ToolError(f"{config}: invalid name of a credential helper {name!r:.80}")
    program = f"docker-credential-{name}"
    path = shutil.which(program, path=environment.get("PATH"))
    if not path:
        raise ToolError(
            f"{config}: {program} not found", f"install it, or remove {name!r} from the file"
        )
    try:
        done = subprocess.run(
            [path, "get"],
            input=server.encode(),
            capture_output=True,
            env=dict(environment),
            check=False,
        )
    except OSError as error:
        raise ToolError(f"{program}: {error.strerror}") from None
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace")
        if _NOT_FOUND in said:
            return None
        raise ToolError(
            f"{program} get failed for {server}: exit status {done.returncode}",
            f"run: echo {server} | {program} get",
        )
    where = f"{program} get"
    try:
        answer = parse_object(done.stdout, where)
    except ToolError:
        raise ToolError(f"{where}: the output is not JSON") from None
    secret, user = answer.get("Secret") or "", answer.get("Username") or ""
    if not isinstance(secret, str) or not isinstance(user, str):
        raise ToolError(f"{where}: Username and Secret must be strings")
    return HelperAnswer(user, secret) if secret else None
