"""Finds a bazel or bazelisk on PATH that can be used. Standard library only."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence

from launcher.network import head

_REGISTRY = "https://bcr.bazel.build/bazel_registry.json"
_REGISTRY_TIMEOUT = 10.0
# Only a program that hangs takes longer. bazelisk may download Bazel first.
_PROGRAM_TIMEOUT = 600.0
_MAX_OUTPUT = 1 << 10


def find_usable(
    programs: Sequence[str],
    version: str,
    environment: Mapping[str, str],
    *,
    registry: str = _REGISTRY,
    registry_timeout: float = _REGISTRY_TIMEOUT,
    program_timeout: float = _PROGRAM_TIMEOUT,
) -> str:
    """The first program that is Bazel of a version, or a bazelisk that downloads it.

    Args:
        programs: paths of the programs.
        version: the version of Bazel.
        environment: the environment of the programs.
        registry: a URL of the registry that Bazel downloads modules from.
        registry_timeout: seconds to wait for the registry.
        program_timeout: seconds to wait for each program.

    Returns:
        The program's path; empty if there is none, or if the registry does not answer.
    """
    if head(registry, registry_timeout) != 200:
        return ""
    for program in programs:
        if _is_version(program, version, environment, program_timeout):
            return program
    return ""


def _is_version(program: str, version: str, environment: Mapping[str, str], timeout: float) -> bool:
    print(f"bazelw: checking the version of {program}", file=sys.stderr, flush=True)
    try:
        process = subprocess.Popen(
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"USE_BAZEL_VERSION": version, **environment, "BAZELW_PROBE": "1"},
            # A process group of its own, to end its children too.
            start_new_session=True,
        )
    except OSError:
        return False
    assert process.stdout
    with process.stdout:
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output = process.stdout.read(_MAX_OUTPUT)
    return re.match(rb"bazel %b(?![0-9.])" % re.escape(version).encode(), output) is not None
