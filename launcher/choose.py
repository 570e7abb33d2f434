"""Whether a bazel or bazelisk of the PATH can be used, decided within 5 s.

Standard library only.
"""

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

# All programs together.
_SECONDS = 4.0
_REGISTRY_SECONDS = 2.0
_REGISTRY = "https://bcr.bazel.build/bazel_registry.json"


def choose(
    candidates: Sequence[str],
    version: str,
    environment: Mapping[str, str],
    registry: str = _REGISTRY,
) -> str:
    """The first of `candidates` that is Bazel of `version`, or bazelisk that brings it.

    Args:
        candidates: paths.
        version: of Bazel.
        environment: that of the programs.
        registry: the URL that must answer, for Bazel needs modules.

    Returns:
        A path; empty: none can be used.
    """
    deadline = time.monotonic() + _SECONDS
    if not _answers(registry):
        return ""
    for at, candidate in enumerate(candidates):
        # A program that hangs leaves the next its share.
        seconds = (deadline - time.monotonic()) / (len(candidates) - at)
        if _is_version(candidate, version, environment, seconds):
            return candidate
    return ""


def _is_version(
    candidate: str, version: str, environment: Mapping[str, str], seconds: float
) -> bool:
    begin = time.time() - 1  # Files have times of a coarser clock.
    try:
        process = subprocess.Popen(
            [candidate, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"USE_BAZEL_VERSION": version, **environment, "BAZELW_PROBE": "1"},
            # A group of its own, so that none of its children is left.
            start_new_session=True,
        )
    except OSError:
        return False
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        # bazelisk is slow where it fetches its first Bazel: no reason to fetch another.
        return _downloads(environment, begin)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return re.match(rb"bazel %b(?![0-9.])" % re.escape(version).encode(), output) is not None


def _downloads(environment: Mapping[str, str], begin: float) -> bool:
    """Whether bazelisk has written bytes of a download since `begin`."""
    home = environment.get("HOME", "")
    cache = environment.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    top = environment.get("BAZELISK_HOME") or os.path.join(cache, "bazelisk")
    for directory, _, files in os.walk(top):
        for name in files:
            with contextlib.suppress(FileNotFoundError):
                status = os.lstat(os.path.join(directory, name))
                if status.st_size and status.st_mtime >= begin:
                    return True
    return False


def _answers(url: str) -> bool:
    """Whether a server answers. In a thread, for looking up a name has no time limit."""
    answers = []

    def ask() -> None:
        with (
            contextlib.suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(url, timeout=_REGISTRY_SECONDS),
        ):
            answers.append(True)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_REGISTRY_SECONDS)
    return bool(answers)
