"""Finds the files, directories and symlinks of a directory of the build."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.cli.errors import ToolError

_MAX_DEPTH = 256
_MAX_LINKS = 40  # Linux's own limit, path_resolution(7)


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """An entry of a directory.

    `path` is relative to the directory. `source` is where a file's content is, `link` the target of
    a symlink. Only empty directories are entries.
    """

    path: str
    type: Literal["file", "directory", "symlink"]
    source: str = ""
    link: str = ""


def walk_tree(root: str, label: str) -> Iterator[TreeEntry]:
    """Yields the entries of a directory, sorted by path.

    A relative symlink that stays in the directory is a symlink. Other symlinks are followed, as
    Bazel represents inputs by symlinks to them.

    Args:
        root: the directory.
        label: the target, for errors.

    Raises:
        ToolError: an entry is missing, or neither a file, a directory nor a symlink.
    """
    yield from _walk(root, "", label, 0)


def _walk(folder: str, prefix: str, label: str, depth: int) -> Iterator[TreeEntry]:
    if depth > _MAX_DEPTH:
        raise ToolError(f"{label}: {prefix}: more than {_MAX_DEPTH} directories deep")
    for name in sorted(os.listdir(folder), key=path_bytes):
        path, source = posixpath.join(prefix, name), os.path.join(folder, name)
        source, link = follow_staging(source, path)
        if link:
            yield TreeEntry(path, "symlink", link=link)
        elif os.path.isdir(source):
            entries = list(_walk(source, path, label, depth + 1))
            yield from entries or [TreeEntry(path, "directory")]
        elif os.path.isfile(source):
            yield TreeEntry(path, "file", source=source)
        else:
            raise ToolError(
                f"{label}: {path}: a dangling symlink or a special file",
                "remove it from the directory",
            )


def follow_staging(source: str, path: str) -> tuple[str, str]:
    """Follows the symlinks by which Bazel represents an input.

    Args:
        source: a file of the build.
        path: its path below a directory.

    Returns:
        The file, and its target if it is a relative symlink that stays in the directory, else "".
    """
    for _ in range(_MAX_LINKS):
        if not os.path.islink(source):
            break
        target = os.readlink(source)
        inside = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if not os.path.isabs(target) and inside.split("/")[0] != "..":
            return source, target
        source = os.path.join(os.path.dirname(source), target)
    return source, ""
