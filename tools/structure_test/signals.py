"""Defers the signals that end this process, while something is created or removed."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator

_ENDING = {signal.SIGINT, signal.SIGTERM}


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Delivers SIGINT and SIGTERM only after the body.

    Otherwise one could end this process between the creation of a file and the statement that
    remembers to remove it. A child process that the body starts has to call `undefer`.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def undefer() -> None:
    """Delivers deferred signals at once."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
