"""Programs of the machine that tests run if they are there, such as docker.

They are on the PATH. The private root of bazelw does not have them (docs/bazelw.md): there, they
run in the directory that DISTROLESS_MACHINE names, such as /proc/1/root.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence

import pytest

# Daemons are not on the PATH of users.
_DIRECTORIES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MACHINE = os.environ.get("DISTROLESS_MACHINE", "")
_ENTER = ("/usr/sbin/chroot", _MACHINE)
# These are about programs, libraries and locales of the private root.
_OF_THE_ROOT = ("JAVA_HOME", "LD_LIBRARY_PATH", "LD_PRELOAD", "PYTHONHOME", "PYTHONPATH")


def command(name: str, *arguments: str) -> list[str]:
    """A command that runs a program of the machine in the current directory.

    It skips the test if the machine does not have the program.
    """
    path = f"{os.environ['PATH']}:{_DIRECTORIES}"
    if shutil.which(name, path=path):
        return ["env", f"PATH={path}", name, *arguments]
    if not _MACHINE or not _is_in_machine(name):
        pytest.skip(f"{name}: not found on this machine (hint: docs/consumers.md)")
    unset = [f"--unset={variable}" for variable in _OF_THE_ROOT]
    environment = ["env", f"--chdir={os.getcwd()}", *unset, f"PATH={_DIRECTORIES}"]
    return [*_ENTER, *environment, name, *arguments]


@functools.cache
def _is_in_machine(name: str) -> bool:
    probe = [*_ENTER, "env", f"PATH={_DIRECTORIES}", "sh", "-c", f"command -v {name}"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


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
