"""What the user sees meanwhile: a bar on a terminal, plain lines elsewhere. All of it on stderr."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Protocol


class Progress(Protocol):
    """Told from several threads."""

    def say(self, text: str) -> None:
        """What is being done now."""

    def expect(self, size: int) -> None:
        """More bytes are going to be fetched."""

    def advance(self, size: int) -> None:
        """Bytes that have arrived."""


@contextlib.contextmanager
def shown() -> Iterator[Progress]:
    """The progress for this stderr, until the block ends."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich import progress as rich  # Takes longer to import than a lock without news takes.
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
    """One line for each thing that is said."""

    def say(self, text: str) -> None:
        print(f"lock: {text}", file=sys.stderr, flush=True)

    def expect(self, size: int) -> None:
        pass

    def advance(self, size: int) -> None:
        pass
