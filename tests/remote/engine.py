"""A remote execution service on loopback: Debian's justbuild, on a machine that has only Python."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sysconfig
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

PROGRAMS = ("justbuild", "bwrap")
INTERPRETER_QUERY = (
    "cquery",
    "--output=starlark",
    "--starlark:expr="
    '[v.path for k, v in providers(target).items() if k.endswith("PythonInterpreterInfo")][0]',
    "@distroless_python//:interpreter",
)
"""The command of Bazel that prints the path of the Python that runs the tools."""
_STARTED = "execution service started: "


def missing_program() -> str:
    """The first program that the service needs and PATH lacks; "" if there is none."""
    return next((name for name in PROGRAMS if not shutil.which(name)), "")


def machine(scratch: Path, interpreter: str) -> list[str]:
    """The command in front of each action: a root directory with the interpreter and libraries.

    It has no network, no shell, no home directory, and nothing of the machine that runs Bazel.

    Args:
        scratch: the service's files, among them the directories of actions.
        interpreter: absolute path of the Python that runs the tools.
    """
    real = os.path.realpath(interpreter)
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", real, real]
    if real != interpreter:
        command += ["--symlink", real, interpreter]
    for path in ("/usr/lib", "/usr/lib64", sysconfig.get_path("stdlib")):
        if os.path.isdir(path):
            command += ["--ro-bind", path, path]
    for name in ("lib", "lib64"):
        command += ["--symlink", f"usr/{name}", f"/{name}"]
    command += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    return [*command, "--bind", str(scratch), str(scratch), "--"]


@contextlib.contextmanager
def engine(scratch: Path, interpreter: str) -> Iterator[str]:
    """Runs the service, which executes actions and caches; yields its HOST:PORT.

    Args:
        scratch: an empty directory for its files.
        interpreter: the one program that its machine has.
    """
    command = ["justbuild", "execute", "--compatible", "--local-build-root", str(scratch)]
    command += ["--local-launcher", json.dumps(machine(scratch, interpreter)), "--plain-log"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        try:
            yield _address(server.stderr)
        finally:
            server.terminate()


def _address(log: IO[str]) -> str:
    """Waits for the line that says where the service listens."""
    lines = []
    for line in log:
        lines.append(line)
        if _STARTED in line:
            # Reads on: the log must not fill the pipe.
            threading.Thread(target=log.read, daemon=True).start()
            fields = json.loads(line.partition(_STARTED)[2])
            return f"{fields['interface']}:{fields['port']}"
    raise AssertionError("".join(lines))
