"""Adds the place of an error while it passes through the layers of a tool."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tools.lib.cli.errors import ToolError


@contextlib.contextmanager
def error_context(where: str) -> Iterator[None]:
    """Prefixes the message of a ToolError that the block raises with `where`, a file or member."""
    try:
        yield
    except ToolError as error:
        raise ToolError(f"{where}: {error.message}", error.hint) from None
