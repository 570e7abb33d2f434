"""Programs of the machine that tests run if they are there, such as docker.

They are on the PATH. The private root of bazelw does not have them (docs/bazelw.md).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

import pytest

# Daemons are not on the PATH of users.
_DIRECTORIES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def command(name: str, *arguments: str) -> list[str]:
    """A command that runs a program of the machine in the current directory.

    It skips the test if the machine does not have the program.
    """
    path = f"{os.environ['PATH']}:{_DIRECTORIES}"
    if shutil.which(name, path=path):
        return ["env", f"PATH={path}", name, *arguments]
    pytest.skip(f"{name}: not found on this machine (hint: docs/consumers.md)")


def succeed(name: str, *arguments: str) -> str:
    """What a program of the machine prints; it must succeed."""
    done = subprocess.run(command(name, *arguments), capture_output=True, text=True)
    assert done.returncode == 0, f"{name} {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout


def try_out(name: str, *arguments: str) -> str:
    """What a program prints. It skips the test if it fails, with the program's last line.

    For what needs rights that not every machine gives, and has nothing of this project in it.
    """
    done = subprocess.run(command(name, *arguments), capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"{name} does not run on this machine: {_last_line(done.stderr.splitlines())}")
    return done.stdout


def _last_line(lines: Sequence[str]) -> str:
    return next((line for line in reversed(lines) if line.strip()), "no reason given")
