"""What the user sees of a transfer: a bar on a terminal, else lines. All on stderr."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Protocol


class Progress(Protocol):
    """Receives the progress, from several threads."""

    def say(self, text: str) -> None:
        """Shows what has been done."""

    def expect(self, size: int) -> None:
        """Adds to the number of bytes to transfer."""

    def advance(self, size: int) -> None:
        """Adds to the number of bytes transferred; a negative size takes some back."""


class Lines:
    """One line for each text; no bytes.

    Args:
        prefix: what each line begins with.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix

    def say(self, text: str) -> None:
        """Prints the text."""
        # In one piece: lines of several threads must not run into each other.
        sys.stderr.write(f"{self._prefix}{text}\n")
        sys.stderr.flush()

    def expect(self, size: int) -> None:
        """Does nothing."""

    def advance(self, size: int) -> None:
        """Does nothing."""


@contextlib.contextmanager
def show_progress(*, title: str = "", prefix: str = "") -> Iterator[Progress]:
    """The progress for this stderr, until the block ends.

    Args:
        title: what the bar says; texts stay above it. Without a title the bar says the last text.
        prefix: what each line begins with if there is no bar.
    """
    if not sys.stderr.isatty():
        yield Lines(prefix)
        return
    from rich import progress as rich  # Its import takes longer than a lock from the cache.
    from rich.console import Console

    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.DownloadColumn(),
        rich.TransferSpeedColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=0)

        class Bar:
            total = 0

            def say(self, text: str) -> None:
                if title:
                    bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
                else:
                    bar.update(task, description=text)

            def expect(self, size: int) -> None:
                self.total += size
                bar.update(task, total=self.total)

            def advance(self, size: int) -> None:
                bar.advance(task, size)

        yield Bar()
