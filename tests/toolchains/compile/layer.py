"""Reads layers that programs are built from."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator

from tools.lib.archive import decompress
from tools.lib.archive.extents import ReadAt
from tools.lib.archive.tar_member import TarMember
from tools.lib.archive.tar_reader import content, members
from tools.lib.cli.errors import ToolError

_MAX_LINKS = 20


def unpack(layer: str, directory: str) -> None:
    """Unpacks directories, files and links. Absolute links are made to point into `directory`."""
    for member, read_at in _members(layer):
        entry = member.entry
        path = os.path.join(directory, entry.path)
        if entry.type == "directory":
            os.makedirs(path, exist_ok=True)
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if entry.type == "file":
            with open(path, "wb") as out:
                out.writelines(content(member, read_at))
        elif entry.type == "hardlink":
            os.link(os.path.join(directory, entry.link), path)
        elif entry.link.startswith("/"):
            target = os.path.join(directory, entry.link.lstrip("/"))
            os.symlink(os.path.relpath(target, os.path.dirname(path)), path)
        else:
            os.symlink(entry.link, path)


def read(layer: str, path: str) -> bytes:
    """The content of the file `path` of a layer. If it is a symlink, it is followed in the layer.

    Raises:
        ToolError: the file does not exist.
    """
    found = {member.entry.path: (member, read_at) for member, read_at in _members(layer)}
    place = path.strip("/")
    for _ in range(_MAX_LINKS):
        if place not in found:
            raise ToolError(f"{layer}: {place}: file not found")
        member, read_at = found[place]
        if member.entry.type == "file":
            return b"".join(content(member, read_at))
        if member.entry.type != "symlink":
            raise ToolError(f"{layer}: {place}: not a file but a {member.entry.type}")
        target = posixpath.join("/", posixpath.dirname(place), member.entry.link)
        place = posixpath.normpath(target).strip("/")
    raise ToolError(f"{layer}: {path}: more than {_MAX_LINKS} symlinks")


def _members(layer: str) -> Iterator[tuple[TarMember, ReadAt]]:
    with open(layer, "rb") as source:
        kind = decompress.detect(source.read(512))
        source.seek(0)
        data = b"".join(decompress.chunks(source, decompress.SUFFIXES[kind]))

    def read_at(offset: int, length: int) -> bytes:
        return data[offset : offset + length]

    for member in members(read_at, len(data)):
        yield member, read_at
