"""Edits of a copy of the source tree, as someone who adds to it would make them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def add(workspace: Path, data: Mapping[str, Mapping[str, str]]) -> None:
    """Adds text to files.

    Args:
        workspace: the source tree.
        data: by file, the text to add after another text, which the file has once.
    """
    for name, additions in data.items():
        text = (workspace / name).read_text()
        for before, added in additions.items():
            assert text.count(before) == 1, f"{name}: {before}"
            text = text.replace(before, before + added)
        (workspace / name).write_text(text)
