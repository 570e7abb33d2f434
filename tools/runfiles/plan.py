"""Decides what is where in the layer of a program."""

from __future__ import annotations

from collections.abc import Sequence

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.archive.tar_member import relative
from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import ToolError


def plan_files(
    files: Sequence[tuple[str, str]], empty: Sequence[str], label: str
) -> list[tuple[str, str | None]]:
    """The files of a layer, sorted by path.

    Args:
        files: paths in the image, and the files that have their content.
        empty: paths of empty files. A file that exists at such a path wins, as in runfiles.
        label: names the layer in errors.

    Returns:
        Paths without a slash at either end, and the file with the content, None if it is empty.

    Raises:
        ToolError: a path leads out of the image, two files have one path, or a file is where
            another one needs a directory.
    """
    planned: dict[str, str | None] = {}
    for path, source in files:
        place = _place(path, label)
        if planned.setdefault(place, source) != source:
            raise ToolError(
                f"{label}: {place}: two files: {planned[place]} and {source}",
                "rename one of them, or make a binary_layer of each",
            )
    for path in empty:
        planned.setdefault(_place(path, label), None)
    for path in planned:
        parent = path.rpartition("/")[0]
        while parent:
            if parent in planned:
                raise ToolError(f"{label}: {path}: {parent} is a file, not a directory")
            parent = parent.rpartition("/")[0]
    return sorted(planned.items(), key=lambda item: path_bytes(item[0]))


def _place(path: str, label: str) -> str:
    with error_context(f"{label}: {path}"):
        return relative(path_bytes(path))
