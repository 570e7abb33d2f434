"""Runs compilers in an environment and a temporary directory of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence

from tools.lib.cli.errors import ToolError
from tools.lib.cli.flags import Parser

# The time that compilers write into their output, if any: 2025-01-01, as for generated files.
EPOCH = 1735689600


def parser(verb: str, description: str) -> Parser:
    """A parser with the flags of all verbs that compile."""
    result = Parser(f"compile {verb}", description)
    result.add_argument("--compiler", required=True, help="its path, empty if not installed")
    result.add_argument("--package", required=True, help="Debian package of the compiler")
    result.add_argument("--compiler-version", default="", help="ignored")
    result.add_argument("--output", required=True, help="output: the program or jar")
    return result


@contextlib.contextmanager
def scratch() -> Iterator[str]:
    """A temporary directory that is removed at the end."""
    path = tempfile.mkdtemp(prefix="compile.")
    try:
        yield path
    finally:
        # Go's cache contains read-only directories.
        shutil.rmtree(path, ignore_errors=True)


def check_compiler(path: str, name: str, package: str) -> None:
    """Raises a ToolError that names the package to install, if a compiler was not found."""
    if not path:
        raise ToolError(
            f"{name} not found on the PATH",
            f"install the Debian package {package}, or use ./bazelw",
        )


def run(
    command: Sequence[str],
    home: str,
    *,
    environment: Mapping[str, str] | None = None,
    directory: str | None = None,
) -> None:
    """Runs a compiler. Its messages go to stderr.

    Args:
        command: argv, with the absolute path of the program.
        home: HOME and TMPDIR of the process.
        environment: further environment variables.
        directory: working directory, by default the current one.

    Raises:
        ToolError: the compiler failed.
    """
    variables = {
        "HOME": home,
        "LC_ALL": "C.UTF-8",
        "PATH": f"{os.path.dirname(command[0])}:/usr/bin:/bin",
        "SOURCE_DATE_EPOCH": str(EPOCH),
        "TMPDIR": home,
    }
    process = subprocess.run(
        command,
        env={**variables, **(environment or {})},
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    sys.stderr.write(process.stdout.decode("utf-8", "replace"))
    if process.returncode != 0:
        raise ToolError(f"{os.path.basename(command[0])} failed with status {process.returncode}")


def publish(path: str, output: str) -> None:
    """Moves a finished program to its place, atomically."""
    partial = f"{output}.{os.getpid()}.partial"
    try:
        shutil.copyfile(path, partial)
        os.chmod(partial, 0o755)
        os.rename(partial, output)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(partial)
