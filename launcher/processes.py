"""For tests: waits for processes, without a limit of time.

If what a test waits for does not happen, the test ends at the time limit of its Bazel target.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path


class Process:
    """A process that may be another's child. Make it while the process is running.

    Args:
        number: the process ID.
    """

    def __init__(self, number: int) -> None:
        self._file = os.pidfd_open(number)

    def kill(self) -> None:
        """Kills the process."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._file, signal.SIGKILL)

    def wait(self) -> None:
        """Waits until the process has ended."""
        select.select([self._file], [], [])
        os.close(self._file)


def children(number: int) -> list[Process]:
    """The children of a process."""
    numbers = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    return [Process(int(child)) for child in numbers]


def wait_until(condition: Callable[[], bool]) -> None:
    """Waits until a condition holds of which nothing notifies."""
    while not condition():
        time.sleep(0.01)
