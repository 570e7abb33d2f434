"""Finds a bazel or bazelisk on PATH that can be used, within 5 s. Standard library only."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence

# For all programs together.
_SECONDS = 4.0
_REGISTRY_SECONDS = 2.0
_REGISTRY = "https://bcr.bazel.build/bazel_registry.json"


def find_usable(
    programs: Sequence[str],
    version: str,
    environment: Mapping[str, str],
    registry: str = _REGISTRY,
) -> str:
    """The first program that is Bazel of a version, or a bazelisk that downloads it.

    Args:
        programs: paths of the programs.
        version: the version of Bazel.
        environment: the environment of the programs.
        registry: a URL of the registry that Bazel downloads modules from.

    Returns:
        The program's path; empty if there is none, or if the registry does not answer.
    """
    deadline = time.monotonic() + _SECONDS
    if not _answers(registry):
        return ""
    for index, program in enumerate(programs):
        # A program that hangs leaves time for the next one.
        seconds = (deadline - time.monotonic()) / (len(programs) - index)
        if _is_version(program, version, environment, seconds):
            return program
    return ""


def _is_version(program: str, version: str, environment: Mapping[str, str], seconds: float) -> bool:
    started = time.time() - 1  # Times of files come from a coarser clock.
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
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        # A bazelisk that is downloading Bazel is usable.
        return _is_downloading(environment, started)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return re.match(rb"bazel %b(?![0-9.])" % re.escape(version).encode(), output) is not None


def _is_downloading(environment: Mapping[str, str], started: float) -> bool:
    """Whether bazelisk has written bytes to its cache since `started`."""
    home = environment.get("HOME", "")
    cache = environment.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    top = environment.get("BAZELISK_HOME") or os.path.join(cache, "bazelisk")
    for directory, _, files in os.walk(top):
        for name in files:
            with contextlib.suppress(FileNotFoundError):
                status = os.lstat(os.path.join(directory, name))
                if status.st_size and status.st_mtime >= started:
                    return True
    return False


def _answers(url: str) -> bool:
    """Whether a server answers. Runs in a thread, because name resolution has no time limit."""
    answers = []

    def request() -> None:
        with (
            contextlib.suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(url, timeout=_REGISTRY_SECONDS),
        ):
            answers.append(True)

    thread = threading.Thread(target=request, daemon=True)
    thread.start()
    thread.join(_REGISTRY_SECONDS)
    return bool(answers)
