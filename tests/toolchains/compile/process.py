"""Compilers as processes: in an environment and a temporary directory of their own."""

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

# What compilers stamp, if they stamp: as the time of generated files in images, 2025-01-01.
EPOCH = 1735689600


def parser(verb: str, description: str) -> Parser:
    """The flags of all verbs that compile."""
    result = Parser(f"compile {verb}", description)
    result.add_argument("--compiler", required=True, help="its path; empty if there is none")
    result.add_argument("--package", required=True, help="Debian's package of the compiler")
    result.add_argument("--compiler-version", default="", help="not looked at")
    result.add_argument("--output", required=True, help="the program or jar to write")
    return result


@contextlib.contextmanager
def scratch() -> Iterator[str]:
    """A temporary directory, gone at the end."""
    path = tempfile.mkdtemp(prefix="compile.")
    try:
        yield path
    finally:
        # Go leaves what it has cached without the right to write.
        shutil.rmtree(path, ignore_errors=True)


def check_compiler(path: str, name: str, package: str) -> None:
    """A ToolError names what is to be installed, if a compiler was not found."""
    if not path:
        raise ToolError(
            f"{name} is not on the PATH", f"install Debian's package {package}, or use ./bazelw"
        )


def run(
    command: Sequence[str],
    home: str,
    *,
    environment: Mapping[str, str] | None = None,
    directory: str | None = None,
) -> None:
    """Runs a compiler; what it says goes to stderr.

    Args:
        command: argv, the program by its absolute path.
        home: directory for all that it writes besides its output.
        environment: its variables, besides those that all have.
        directory: where it runs, by default here.

    Raises:
        ToolError: it failed.
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
        raise ToolError(f"{os.path.basename(command[0])} failed, status {process.returncode}")


def publish(path: str, output: str) -> None:
    """Puts a finished program at its place, whole or not at all."""
    partial = f"{output}.{os.getpid()}.partial"
    try:
        shutil.copyfile(path, partial)
        os.chmod(partial, 0o755)
        os.rename(partial, output)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(partial)
