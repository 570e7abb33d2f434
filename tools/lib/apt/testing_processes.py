"""A task for a worker process that never ends."""

from __future__ import annotations

import signal


def block() -> None:
    """Says that it has started, and waits for a signal."""
    print("started", flush=True)
    signal.pause()
