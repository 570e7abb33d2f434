"""A bar of bytes on a terminal, a line now and then elsewhere. Standard library only."""

from __future__ import annotations

import os
import sys
import threading
import time

_WIDTH = 30
_REDRAW = 0.1
# Where no terminal is (a CI's log), a sign of life.
_LINE = 15.0


class Progress:
    """Told from several threads; writes to stderr."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._lock = threading.Lock()
        self._terminal = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._begin = self._shown = time.monotonic()
        self._total = self._done = 0

    def say(self, text: str) -> None:
        """A line of its own."""
        with self._lock:
            clear = "\r\033[K" if self._terminal else ""
            print(f"{clear}bazelw: {text}", file=sys.stderr, flush=True)

    def begin(self, total: int) -> None:
        """`total` bytes are going to arrive."""
        with self._lock:
            self._total, self._done, self._begin = total, 0, time.monotonic()

    def advance(self, size: int) -> None:
        """Bytes that have arrived; negative: in vain."""
        with self._lock:
            self._done += size
            now = time.monotonic()
            if not self._total or now - self._shown < (_REDRAW if self._terminal else _LINE):
                return
            self._shown = now
            self._show(self._text(now))

    def reuse(self, size: int) -> None:
        """Bytes that are there already."""
        with self._lock:
            self._total -= size

    def note(self, text: str) -> None:
        """In place of the bar: nothing more arrives."""
        with self._lock:
            self._total = 0
            if self._terminal:
                self._show(text)

    def end(self) -> None:
        """Takes the bar away."""
        with self._lock:
            self._total = 0
            if self._terminal:
                print("\r\033[K", end="", file=sys.stderr, flush=True)

    def _show(self, text: str) -> None:
        if self._terminal:
            columns = os.get_terminal_size(sys.stderr.fileno()).columns or 80
            text = f"bazelw: {text}"[: columns - 1]
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
        else:
            print(f"bazelw: {text}", file=sys.stderr, flush=True)

    def _text(self, now: float) -> str:
        share = min(1.0, self._done / self._total) if self._total else 0.0
        rate = self._done / max(now - self._begin, 0.001) / 1e6
        amount = f"{self._done / 1e6:.0f} of {self._total / 1e6:.0f} MB, {rate:.0f} MB/s"
        if not self._terminal:
            return f"{self._title}: {amount}"
        bar = "#" * round(share * _WIDTH)
        return f"{self._title} [{bar:{_WIDTH}}] {amount}"
