"""Bazel inside a test: the same version, with its own server and outputs.

It shares only downloads with the Bazel that runs the test.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

# The outer Bazel sets these variables for its test. The inner one must not see them.
_OF_THE_TEST = ("BAZEL_", "JAVA_RUNFILES", "PYTHON", "RUNFILES_", "TEST_", "XML_")


def source_tree() -> Path:
    """The checkout that the test belongs to."""
    return Path(os.path.realpath("MODULE.bazel")).parent


def copy_source_tree(destination: Path) -> Path:
    """Copies the checkout, without files of builds, linters and git."""
    ignored = shutil.ignore_patterns("bazel-*", ".git", ".*_cache", "__pycache__")
    return shutil.copytree(source_tree(), destination, symlinks=True, ignore=ignored)


class InnerBazel:
    """Bazel in a workspace, as a context manager that stops the server and removes its outputs.

    Args:
        workspace: the workspace it runs in.
        root: directory for everything that it writes.
        flags: flags of each command.
    """

    def __init__(self, workspace: Path, root: Path, flags: Sequence[str] = ()) -> None:
        self.workspace = workspace
        # <root of the outer one>/<hash of its workspace>/execroot/...
        outer = os.path.realpath(os.environ["TEST_SRCDIR"]).split("/execroot/")[0]
        self._flags = [f"--repository_cache={Path(outer).parent}/cache/repos/v1", *flags]
        root.mkdir(parents=True, exist_ok=True)
        bazelrc = root / "bazelrc"
        # A sandbox has its own /tmp, and the sources may be in the machine's.
        self._sandbox = f'build "--sandbox_add_mount_pair={source_tree()}"'
        bazelrc.write_text(f"{self._sandbox}\n")
        self._start = [
            str(source_tree() / "bazelw"),
            f"--bazelrc={bazelrc}",
            f"--output_user_root={root}",
            "--max_idle_secs=10",
        ]
        self._environment = {
            key: value for key, value in os.environ.items() if not key.startswith(_OF_THE_TEST)
        }

    def __enter__(self) -> InnerBazel:
        return self

    def __exit__(self, *_: object) -> None:
        # Else the next command of the outer Bazel would remove gigabytes, in silence.
        self._run([*self._start, "clean", "--expunge"])

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a command, such as `build`, without colors."""
        return self._run(
            [*self._start, command, "--color=no", "--curses=no", *self._flags, *arguments]
        )

    def succeed(self, command: str, *arguments: str) -> str:
        """Runs a command that must succeed and print no error; returns its output."""
        result = self.run(command, *arguments)
        assert result.returncode == 0, result.stdout + result.stderr
        assert not re.search("^ERROR: ", result.stderr, re.MULTILINE), result.stderr
        return result.stdout

    def fail(self, command: str, *arguments: str) -> str:
        """Runs a command that must fail, and returns its one-line error."""
        lines = self.errors(command, *arguments)
        assert len(lines) == 1, lines
        return lines[0]

    def errors(self, command: str, *arguments: str) -> list[str]:
        """Runs a command that must fail, and returns its errors, a line each."""
        result = self.run(command, *arguments)
        assert result.returncode != 0
        assert 'Traceback (most recent call last):\n  File "' not in result.stderr
        return re.findall(
            r"^(?:error: |Error in (?:download|fail): )(.*)$", result.stderr, re.MULTILINE
        )

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        """Runs a line of bash in the workspace. `./bazelw` and `bazel` in it are this Bazel."""
        settings = self.workspace / "user.bazelrc"
        if not (self.workspace / ".bazelrc").exists():
            settings = self.workspace / ".bazelrc"
        lines = [f"startup {option}" for option in self._start[2:]]
        lines += [f"common {option}" for option in ["--color=no", "--curses=no", *self._flags]]
        settings.write_text("\n".join([*lines, self._sandbox, ""]))
        functions = f'bazel() {{ "{self._start[0]}" "$@"; }}\n'
        return self._run(["bash", "-euo", "pipefail", "-c", functions + command])

    def built(self, path: str) -> Path:
        """The path of an output, `a/b` for `//a:b`."""
        return self.workspace / "bazel-bin" / path

    def _run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.workspace, env=self._environment, capture_output=True, text=True
        )
