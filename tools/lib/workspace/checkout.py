"""Checks out a commit of the user's repository into a directory of its own."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import subprocess
from collections.abc import Iterator

from tools.lib.cli.errors import ToolError

_SETTINGS = "user.bazelrc"
"""The user's own settings of Bazel, which are no part of a commit. .bazelrc imports them."""


@contextlib.contextmanager
def checkout(workspace: str, commit: str) -> Iterator[str]:
    """Yields a directory that is the workspace at a commit, without the user's changes.

    A user.bazelrc that is not committed applies there too. There is one such directory for each
    workspace, in the user's cache: a second build there has what the first one built. Others wait
    until the block ends.

    Args:
        workspace: a directory of a git repository.
        commit: what git takes for one: a hash, a branch, a tag, `HEAD~1`.

    Raises:
        ToolError: the repository does not have the commit.
    """
    digest = commit_digest(workspace, commit)
    top = _git(workspace, "rev-parse", "--show-toplevel")
    prefix = _git(workspace, "rev-parse", "--show-prefix")
    directory = checkout_directory(top)
    os.makedirs(os.path.dirname(directory), exist_ok=True)
    with open(f"{directory}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _share_objects(top, directory)
        _git(directory, "checkout", "--quiet", "--force", "--detach", digest)
        _git(directory, "clean", "--quiet", "-ffdx")
        root = os.path.join(directory, prefix).rstrip("/")
        settings = os.path.join(workspace, _SETTINGS)
        if os.path.exists(settings) and not os.path.lexists(os.path.join(root, _SETTINGS)):
            os.symlink(os.path.abspath(settings), os.path.join(root, _SETTINGS))
        yield root


def checkout_directory(top: str) -> str:
    """Where the commits of the repository in `top` are checked out."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    name = hashlib.sha256(os.fsencode(os.path.realpath(top))).hexdigest()[:16]
    return os.path.join(cache, "distroless", "checkout", name)


def commit_digest(workspace: str, commit: str) -> str:
    """The full hash of a commit.

    Raises:
        ToolError: the repository does not have it.
    """
    try:
        return _git(
            workspace,
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            f"{commit}^{{commit}}",
        )
    except ToolError:
        raise ToolError(
            f"{commit:.200}: no such commit in {workspace}",
            "fetch it with git: a shallow clone lacks older ones",
        ) from None


def _share_objects(top: str, directory: str) -> None:
    """Makes a repository in `directory` that has the objects of the one in `top`.

    A clone would not do: one of a shallow clone has only what its branches lead to, once.
    """
    kind = _git(top, "rev-parse", "--show-object-format")
    objects = _git(top, "rev-parse", "--path-format=absolute", "--git-path", "objects")
    _git(top, "init", "--quiet", f"--object-format={kind}", "--", directory)
    alternates = _git(
        directory, "rev-parse", "--path-format=absolute", "--git-path", "objects/info/alternates"
    )
    with open(alternates, "w", encoding="utf-8", errors="surrogateescape") as out:
        out.write(f"{objects}\n")


def _git(directory: str, *arguments: str) -> str:
    environment = {key: text for key, text in os.environ.items() if not key.startswith("GIT_")}
    try:
        result = subprocess.run(
            ["git", "-C", directory, *arguments],
            capture_output=True,
            check=False,
            env=environment,
        )
    except FileNotFoundError:
        raise ToolError("git: not found", "install git") from None
    if result.returncode != 0:
        message = os.fsdecode(result.stderr).strip().replace("\n", "; ")
        raise ToolError(f"git {arguments[0]}: {message or 'failed'}")
    return os.fsdecode(result.stdout).removesuffix("\n")
