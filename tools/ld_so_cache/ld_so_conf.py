"""Reads ld.so.conf(5) of an image: the directories with libraries besides the default ones."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.rootfs.image import ImageView

_CONFIG = "/etc/ld.so.conf"
_SPACE = " \t\n\v\f\r"
_DIRECTIVE = re.compile(r"(include|(?i:hwcap))[ \t](.*)", re.DOTALL)


def configured_directories(image: ImageView) -> Iterator[str]:
    """The directories that the image's configuration names, in its order and as it spells them.

    Raises:
        ToolError: the metadata lacks the text of an included file, or a file includes itself.
    """
    if image.inode(_CONFIG) is not None:
        yield from _read(image, _CONFIG, ())


def _read(image: ImageView, path: str, including: tuple[str, ...]) -> Iterator[str]:
    if path in including:
        raise ToolError(f"{path}: includes itself")
    text = image.text(path)
    if text is None:
        raise ToolError(
            f"{path}: cannot be read: only the text of {_CONFIG} and of files in {_CONFIG}.d, "
            "up to 64 KiB, is in the metadata",
            "exclude it, and list its directories in `directories`",
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


def _matches(image: ImageView, pattern: str) -> list[str]:
    """The files that match a pattern, glob(7), sorted by bytes."""
    found = [""]
    for part in pattern.split("/"):
        if not part:
            continue
        found = [f"{path}/{name}" for path in found for name in _names(image, path, part)]
    files = [path for path in found if (inode := image.inode(path)) and not inode.is_dir]
    return sorted(files, key=path_bytes)


def _names(image: ImageView, directory: str, pattern: str) -> list[str]:
    if not re.search(r"[*?[]", pattern):
        return [pattern]
    inode = image.inode(directory or "/")
    return [
        name
        for name in (inode.entries if inode else ())
        if fnmatch.fnmatchcase(name, pattern)
        and (pattern.startswith(".") or not name.startswith("."))
    ]
