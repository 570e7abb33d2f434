"""What the user sees while a lock is made: a bar on a terminal, else lines. All on stderr."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Protocol


class Progress(Protocol):
    """Receives the progress, from several threads."""

    def say(self, text: str) -> None:
        """Shows what is being done now."""

    def expect(self, size: int) -> None:
        """Adds to the number of bytes to fetch."""

    def advance(self, size: int) -> None:
        """Adds to the number of bytes received."""


@contextlib.contextmanager
def show_progress() -> Iterator[Progress]:
    """The progress for this stderr, until the block ends."""
    if not sys.stderr.isatty():
        yield Lines()
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
        task = bar.add_task("", total=0)

        class Bar:
            total = 0

            def say(self, text: str) -> None:
                bar.update(task, description=text)

            def expect(self, size: int) -> None:
                self.total += size
                bar.update(task, total=self.total)

            def advance(self, size: int) -> None:
                bar.advance(task, size)

        yield Bar()


class Lines:
    """One line for each text; no bytes."""

    def say(self, text: str) -> None:
        print(f"lock: {text}", file=sys.stderr, flush=True)

    def expect(self, size: int) -> None:
        pass

    def advance(self, size: int) -> None:
        pass
