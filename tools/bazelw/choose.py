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
from collections.abc import Mapping

# Together under 5 s.
_VERSION_SECONDS = 2.5
_REGISTRY_SECONDS = 2.0
_REGISTRY = "https://bcr.bazel.build/bazel_registry.json"


def works(candidate: str, version: str, environment: Mapping[str, str]) -> bool:
    """Whether `candidate` is Bazel of `version`, or bazelisk that brings it, and finds modules."""
    return _is_version(candidate, version, environment) and _reaches_registry()


def _is_version(candidate: str, version: str, environment: Mapping[str, str]) -> bool:
    begin = time.time()
    try:
        process = subprocess.Popen(
            [candidate, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            # A group of its own, so that none of its children is left.
            start_new_session=True,
        )
    except OSError:
        return False
    try:
        output, _ = process.communicate(timeout=_VERSION_SECONDS)
    except subprocess.TimeoutExpired:
        # bazelisk is slow where it fetches its first Bazel: no reason to fetch another.
        downloading = _downloads(environment, begin)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return downloading
    return re.match(rf"bazel {re.escape(version)}(?![0-9.])", output) is not None


def _downloads(environment: Mapping[str, str], begin: float) -> bool:
    """Whether bazelisk has written bytes of a download since `begin`."""
    home = environment.get("HOME", "")
    cache = environment.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    top = environment.get("BAZELISK_HOME") or os.path.join(cache, "bazelisk")
    for directory, _, files in os.walk(top):
        for name in files:
            status = os.lstat(os.path.join(directory, name))
            if status.st_size and status.st_mtime >= begin:
                return True
    return False


def _reaches_registry() -> bool:
    """Whether Bazel's registry answers. In a thread, for looking up a name has no time limit."""
    answers = []

    def ask() -> None:
        with (
            contextlib.suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(_REGISTRY, timeout=_REGISTRY_SECONDS),
        ):
            answers.append(True)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_REGISTRY_SECONDS)
    return bool(answers)
