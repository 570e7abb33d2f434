"""The commit that a release is made from."""

from __future__ import annotations

import re
import subprocess

from tools.lib.cli.errors import ToolError

_HINT = "or give --commit"


def find_commit(workspace: str) -> str:
    """The commit that is checked out.

    Raises:
        ToolError: the directory is no checkout, or files differ from the commit.
    """
    if changed := _git(workspace, "status", "--porcelain", "--untracked-files=no"):
        raise ToolError(
            f"{changed.splitlines()[0][3:]}: not committed", f"commit the changes, {_HINT}"
        )
    return check_commit(_git(workspace, "rev-parse", "HEAD").strip())


def check_commit(commit: str) -> str:
    """Returns the hash of a commit, if it is one."""
    if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit):
        raise ToolError(f"--commit {commit!r:.80}: not the hash of a commit", "git rev-parse HEAD")
    return commit


def _git(workspace: str, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", workspace, *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise ToolError("git is not on the PATH", f"install git, {_HINT}") from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise ToolError(
            f"git {arguments[0]} failed: {reason:.200}", f"run it in a checkout, {_HINT}"
        )
    return done.stdout
