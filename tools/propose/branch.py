"""Makes a commit of the changes in a working tree without touching it, and pushes it."""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
from collections.abc import Mapping

from tools.lib.cli.errors import ToolError
from tools.lib.github.github import Settings


def commit_changes(directory: str, message: str) -> str | None:
    """Commits the changes of tracked files, on top of HEAD; returns the commit's hash.

    No branch refers to it. None if there are no changes.
    """
    with tempfile.TemporaryDirectory(prefix="propose-") as scratch:
        index = {"GIT_INDEX_FILE": os.path.join(scratch, "index")}
        _git(directory, "read-tree", "HEAD", environment=index)
        top = _git(directory, "rev-parse", "--show-toplevel")
        _git(top, "add", "--update", environment=index)
        tree = _git(directory, "write-tree", environment=index)
    if tree == _git(directory, "rev-parse", "HEAD^{tree}"):
        return None
    return _git(directory, "commit-tree", tree, "-p", "HEAD", "-m", message)


def push(directory: str, settings: Settings, commit: str, branch: str) -> bool:
    """Replaces a branch by a commit, unless it has the same files; returns whether it did."""
    environment = _credentials(settings)
    reference = f"refs/heads/{branch}"
    if _git(directory, "ls-remote", settings.git_url, reference, environment=environment):
        fetch = ("fetch", "--quiet", "--no-tags", settings.git_url, reference)
        _git(directory, *fetch, environment=environment)
        trees = _git(directory, "rev-parse", "FETCH_HEAD^{tree}", f"{commit}^{{tree}}").split("\n")
        if trees[0] == trees[1]:
            return False
    _git(
        directory,
        "push",
        "--quiet",
        "--force",
        settings.git_url,
        f"{commit}:{reference}",
        environment=environment,
    )
    return True


def _credentials(settings: Settings) -> dict[str, str]:
    """The token as git's configuration: arguments of processes are visible to others."""
    user = base64.b64encode(f"x-access-token:{settings.token}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{settings.server_url}/.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {user}",
        "GIT_TERMINAL_PROMPT": "0",
    }


def _git(directory: str, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    result = subprocess.run(
        ["git", "-C", directory, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    if result.returncode != 0:
        message = result.stderr.strip().replace("\n", "; ")
        raise ToolError(f"git {arguments[0]}: {message or 'failed'}")
    return result.stdout.strip()
