"""Progress of a download: a bar on a terminal, otherwise a line now and then.

Standard library only.
"""

from __future__ import annotations

import os
import sys
import threading
import time

_BAR_WIDTH = 30
_CLEAR_LINE = "\r\033[K"
# Seconds between two updates.
_BAR_INTERVAL = 0.1
_LINE_INTERVAL = 15.0


class Progress:
    """Writes to stderr. All methods may be called from several threads.

    Args:
        title: what the bytes are for, such as `downloading`.
        interval: seconds between two updates; None for the default of the terminal or log.
    """

    def __init__(self, title: str, interval: float | None = None) -> None:
        self._title = title
        self._lock = threading.Lock()
        self._terminal = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        default = _BAR_INTERVAL if self._terminal else _LINE_INTERVAL
        self._interval = default if interval is None else interval
        self._started = self._updated = time.monotonic()
        self._total = self._done = 0

    def message(self, text: str) -> None:
        """Prints a line that stays."""
        with self._lock:
            clear = _CLEAR_LINE if self._terminal else ""
            print(f"{clear}bazelw: {text}", file=sys.stderr, flush=True)

    def start(self, total: int) -> None:
        """Starts counting towards `total` bytes."""
        with self._lock:
            self._total, self._done, self._started = total, 0, time.monotonic()

    def advance(self, size: int) -> None:
        """Counts `size` bytes as downloaded; a negative size: they were discarded."""
        with self._lock:
            self._done += size
            now = time.monotonic()
            if not self._total or now - self._updated < self._interval:
                return
            self._updated = now
            self._update(self._text(now))

    def skip(self, size: int) -> None:
        """Removes `size` bytes from the total: they need no download."""
        with self._lock:
            self._total -= size

    def status(self, text: str) -> None:
        """Shows a text in place of the bar."""
        with self._lock:
            self._total = 0
            if self._terminal:
                self._update(text)

    def clear(self) -> None:
        """Removes the bar."""
        with self._lock:
            self._total = 0
            if self._terminal:
                print(_CLEAR_LINE, end="", file=sys.stderr, flush=True)

    def _update(self, text: str) -> None:
        if self._terminal:
            columns = os.get_terminal_size(sys.stderr.fileno()).columns or 80
            text = f"bazelw: {text}"[: columns - 1]
            print(f"{_CLEAR_LINE}{text}", end="", file=sys.stderr, flush=True)
        else:
            print(f"bazelw: {text}", file=sys.stderr, flush=True)

    def _text(self, now: float) -> str:
        share = min(1.0, self._done / self._total) if self._total else 0.0
        rate = self._done / max(now - self._started, 0.001) / 1e6
        amount = f"{self._done / 1e6:.0f} of {self._total / 1e6:.0f} MB, {rate:.0f} MB/s"
        if not self._terminal:
            return f"{self._title}: {amount}"
        bar = "#" * round(share * _BAR_WIDTH)
        return f"{self._title} [{bar:{_BAR_WIDTH}}] {amount}"
