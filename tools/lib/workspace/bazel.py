"""Runs Bazel in a workspace, for commands that `bazel run` starts."""

from __future__ import annotations

import os
import subprocess

from tools.lib.cli.errors import ToolError

_QUIET = ("--noshow_progress", "--ui_event_filters=-info")


class Bazel:
    """Bazel in a workspace: its `./bazelw` if it has one, else the `bazel` on PATH.

    Args:
        workspace: the directory.
        directory: where relative labels and paths in arguments begin, by default the workspace.
    """

    def __init__(self, workspace: str, directory: str = "") -> None:
        launcher = os.path.join(workspace, "bazelw")
        self._program = launcher if os.path.exists(launcher) else "bazel"
        self._directory = directory or workspace

    def run(self, command: str, *arguments: str) -> str:
        """Runs a command of Bazel; returns what it prints. Its messages go to stderr.

        Raises:
            ToolError: it failed.
        """
        quiet = [*_QUIET, "--show_result=0"] if command == "build" else _QUIET
        result = subprocess.run(
            [self._program, command, *quiet, *arguments],
            cwd=self._directory,
            stdout=subprocess.PIPE,
            check=False,
        )
        if result.returncode != 0:
            raise ToolError(
                f"{os.path.basename(self._program)} {command} failed in {self._directory}",
                "its output above says why",
            )
        return os.fsdecode(result.stdout)

    def shut_down(self) -> None:
        """Ends the server of the workspace."""
        subprocess.run([self._program, "shutdown"], cwd=self._directory, check=False)
