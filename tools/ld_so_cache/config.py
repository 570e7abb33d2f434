"""Reads ld.so.conf(5) of an image: the directories that have libraries besides the system's."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.rootfs.image import Image

_CONFIG = "/etc/ld.so.conf"
_SPACE = " \t\n\v\f\r"
_DIRECTIVE = re.compile(r"(include|(?i:hwcap))[ \t](.*)", re.DOTALL)


def directories(image: Image) -> Iterator[str]:
    """The directories that the image's configuration names, in its order, as it names them.

    Raises:
        ToolError: a file is included whose text the metadata does not have, or by itself.
    """
    if image.inode(_CONFIG) is not None:
        yield from _read(image, _CONFIG, ())


def _read(image: Image, path: str, including: tuple[str, ...]) -> Iterator[str]:
    if path in including:
        raise ToolError(f"{path}: it includes itself")
    text = image.text(path)
    if text is None:
        raise ToolError(
            f"{path}: its text is not in the metadata, which is so but for {_CONFIG}, files in "
            f"{_CONFIG}.d, and what is larger than 64 KiB",
            "leave it out, and name its directories in `directories`",
        )
    for line in text.split("\n"):
        content = line.partition("#")[0].lstrip(_SPACE)
        directive = _DIRECTIVE.fullmatch(content)
        if directive is None:
            yield content
        elif directive[1] == "include":
            for pattern in re.split("[ \t]+", directive[2].strip(" \t")):
                for each in _matches(image, posixpath.join(posixpath.dirname(path), pattern)):
                    yield from _read(image, each, (*including, path))


def _matches(image: Image, pattern: str) -> list[str]:
    """The files that a pattern as of glob(7) stands for, sorted by bytes."""
    found = [""]
    for part in pattern.split("/"):
        if not part:
            continue
        found = [f"{path}/{name}" for path in found for name in _names(image, path, part)]
    files = [path for path in found if (inode := image.inode(path)) and not inode.is_dir]
    return sorted(files, key=path_bytes)


def _names(image: Image, directory: str, pattern: str) -> list[str]:
    if not re.search(r"[*?[]", pattern):
        return [pattern]
    inode = image.inode(directory or "/")
    return [
        name
        for name in (inode.entries if inode else ())
        if fnmatch.fnmatchcase(name, pattern)
        and (pattern.startswith(".") or not name.startswith("."))
    ]
