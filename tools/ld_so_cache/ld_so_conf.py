"""Reads ld.so.conf(5) of an image: the directories with libraries besides the default ones."""

from __future__ import annotations

import fnmatch
import posixpath
import re

from tools.lib.archive.limits import (
    MAX_CONFIG_DIRECTORIES,
    MAX_CONFIG_FILES,
    MAX_CONFIG_NAMES,
)
from tools.lib.archive.tar_entry import path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.rootfs.image import ImageView
from tools.lib.rootfs.tree import Inode

_CONFIG = "/etc/ld.so.conf"
_SPACE = " \t\n\v\f\r"
_DIRECTIVE = re.compile(r"(include|(?i:hwcap))[ \t](.*)", re.DOTALL)


def configured_directories(image: ImageView) -> list[str]:
    """The directories that the image's configuration names, in its order and as it spells them.

    Raises:
        ToolError: the metadata lacks the text of an included file, a file includes itself, or the
            configuration is absurdly large.
    """
    return _Reader(image).read()


class _Reader:
    """Reads a configuration; counts what includes can multiply."""

    def __init__(self, image: ImageView) -> None:
        self._image = image
        self._files = 0
        self._names_seen = 0
        self._directories: list[str] = []

    def read(self) -> list[str]:
        inode = self._image.inode(_CONFIG)
        if inode is not None:
            self._read(_CONFIG, inode, ())
        return self._directories

    def _read(self, path: str, inode: Inode, including: tuple[Inode, ...]) -> None:
        # Links can give one file many paths.
        if inode in including:
            raise ToolError(f"{path}: includes itself")
        self._files += 1
        if self._files > MAX_CONFIG_FILES:
            raise ToolError(
                f"{path}: the configuration includes more than {MAX_CONFIG_FILES} files"
            )
        text = self._image.text(path)
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
                self._add(path, content)
            elif directive[1] == "include":
                for pattern in re.split("[ \t]+", directive[2].strip(" \t")):
                    pattern = posixpath.join(posixpath.dirname(path), pattern)
                    for each, included in self._matches(path, pattern):
                        self._read(each, included, (*including, inode))

    def _add(self, path: str, directory: str) -> None:
        if not directory.strip(_SPACE):
            return
        self._directories.append(directory)
        if len(self._directories) > MAX_CONFIG_DIRECTORIES:
            raise ToolError(
                f"{path}: the configuration has more than {MAX_CONFIG_DIRECTORIES} lines"
            )

    def _matches(self, path: str, pattern: str) -> list[tuple[str, Inode]]:
        """The files that a pattern, glob(7), matches, sorted by bytes."""
        found = [""]
        for part in pattern.split("/"):
            if not part:
                continue
            found = [f"{parent}/{name}" for parent in found for name in self._names(parent, part)]
            if len(found) > MAX_CONFIG_FILES or self._names_seen > MAX_CONFIG_NAMES:
                raise ToolError(f"{path}: include {pattern:.80}: too many matches")
        files = [(each, inode) for each in found if (inode := self._image.inode(each))]
        return sorted(
            ((each, inode) for each, inode in files if not inode.is_dir),
            key=lambda file: path_bytes(file[0]),
        )

    def _names(self, directory: str, pattern: str) -> list[str]:
        if not re.search(r"[*?[]", pattern):
            self._names_seen += 1
            return [pattern]
        inode = self._image.inode(directory or "/")
        entries = inode.entries if inode else {}
        self._names_seen += len(entries)
        if self._names_seen > MAX_CONFIG_NAMES:
            return []
        return [
            name
            for name in entries
            if fnmatch.fnmatchcase(name, pattern)
            and (pattern.startswith(".") or not name.startswith("."))
        ]
