"""The file system of an image, as a model: layers in, a tree of inodes out. Touches no file system.

Layers are applied as image-spec 1.1, layer.md has it, and as containerd does where that is open:
links on the way to an entry are followed inside the image.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tools.lib.cli.errors import ToolError

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_MAX_LINKS = 40  # Linux's own limit, path_resolution(7).


class Member(NamedTuple):
    """An entry of a layer's tar."""

    ordinal: int
    """Its place in the archive, from 0."""
    name: str
    mode: int
    """With the bits of the type, as st_mode has it."""
    uid: int
    gid: int
    size: int
    link: str
    """The text of a symlink; the target's name for a hard link."""
    hardlink: bool


class Source(NamedTuple):
    """Where the bytes of a file are: the layer, from 0 for the lowest, and the place in it."""

    layer: int
    ordinal: int


class Inode:
    """What a name stands for; hard links are names that share one."""

    __slots__ = ("entries", "gid", "link", "mode", "size", "source", "uid")

    def __init__(
        self,
        mode: int,
        uid: int,
        gid: int,
        size: int = 0,
        link: str = "",
        source: Source | None = None,
    ) -> None:
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.size = size
        self.link = link
        self.source = source
        self.entries: dict[str, Inode] = {}

    @property
    def is_dir(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.mode)


class PathError(Exception):
    """A path of the image leads nowhere; the text says why, in one line."""


class Found(NamedTuple):
    """What a path leads to: the same place without links, and the inode there."""

    path: str
    inode: Inode


class Tree:
    """The files of an image."""

    def __init__(self) -> None:
        self.root = Inode(stat.S_IFDIR | 0o755, 0, 0)
        self._layer = -1
        # Names that the current layer has set, by the identity of their directory: its own
        # whiteouts do not touch them. A stale identity does no harm: a directory that is new has
        # nothing of lower layers in it.
        self._fresh: set[tuple[int, str]] = set()

    def resolve(self, path: str, follow: bool = True) -> Found:
        """Follows `path` from the root, links inside the image only, as the kernel would in it.

        Args:
            path: with or without a leading slash.
            follow: whether a link at the end is followed too (stat, not lstat).

        Raises:
            PathError: nothing is there.
        """
        return self._walk(path, follow, create=False)

    def locate(self, path: str) -> str:
        """The place without links that `path` means, also if nothing is there yet.

        Raises:
            PathError: `path` leads up from what is not there.
        """
        tail: list[str] = []
        while True:
            try:
                at = self.resolve(path).path
                break
            except PathError:
                path, _, name = path.rstrip("/").rpartition("/")
                tail.append(name)
        if ".." in tail:
            raise PathError(f"{path} does not exist")
        return "/".join([at.rstrip("/"), *reversed(tail)]) or "/"

    def walk(self) -> Iterator[Found]:
        """Every inode below the root with its path, parents before children, sorted by name."""
        pending = [Found("", self.root)]
        while pending:
            at = pending.pop()
            if at.inode is not self.root:
                yield at
            for name in sorted(at.inode.entries, reverse=True):
                pending.append(Found(f"{at.path}/{name}", at.inode.entries[name]))

    def apply(self, layer: Iterable[Member]) -> None:
        """Lays the next layer over the tree.

        Raises:
            ToolError: an entry that cannot be: outside the image, below a file, linked to nothing.
        """
        self._layer += 1
        self._fresh.clear()
        for member in layer:
            try:
                self._add(member)
            except PathError as error:
                raise ToolError(f"layer {self._layer}: {member.name}: {error}") from None

    def _add(self, member: Member) -> None:
        parts = [part for part in member.name.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise PathError("the name leads out of the image")
        if not parts:
            if not stat.S_ISDIR(member.mode):
                raise PathError("the root must be a directory")
            self.root.mode, self.root.uid, self.root.gid = member.mode, member.uid, member.gid
            return
        above, name = "/".join(parts[:-1]), parts[-1]
        if name.startswith(_WHITEOUT):
            self._whiteout(above, name)
            return
        parent = self._walk(above, True, create=True).inode
        if not parent.is_dir:
            raise PathError("its parent is not a directory")
        self._fresh.add((id(parent), name))
        old = parent.entries.get(name)
        if member.hardlink:
            target = self.resolve(member.link, follow=False).inode
            if target.is_dir:
                raise PathError(f"a hard link to the directory {member.link}")
            parent.entries[name] = target
        elif stat.S_ISDIR(member.mode) and old is not None and old.is_dir:
            old.mode, old.uid, old.gid = member.mode, member.uid, member.gid
        else:
            source = Source(self._layer, member.ordinal) if stat.S_ISREG(member.mode) else None
            parent.entries[name] = Inode(
                member.mode, member.uid, member.gid, member.size, member.link, source
            )

    def _whiteout(self, above: str, name: str) -> None:
        try:
            parent = self.resolve(above).inode
        except PathError:
            return  # Nothing there to hide.
        if name == _OPAQUE:
            self._hide_entries(parent)
        elif not name.startswith(_WHITEOUT * 2):  # Other such names are notes of aufs to itself.
            self._hide(parent, name.removeprefix(_WHITEOUT))

    def _hide(self, parent: Inode, name: str) -> None:
        """Removes what lower layers have under a name; what this layer has below it stays."""
        child = parent.entries.get(name)
        if child is None:
            return
        self._hide_entries(child)
        if (id(parent), name) not in self._fresh and not child.entries:
            del parent.entries[name]

    def _hide_entries(self, directory: Inode) -> None:
        for name in list(directory.entries):
            self._hide(directory, name)

    def _walk(self, path: str, follow: bool, create: bool) -> Found:
        todo = [part for part in reversed(path.split("/")) if part not in ("", ".")]
        trail: list[Found] = []  # names and inodes from the root to here
        links = 0
        while todo:
            here = trail[-1].inode if trail else self.root
            if not here.is_dir:
                raise PathError(f"{_join(trail)} is not a directory")
            name = todo.pop()
            if name == "..":
                del trail[-1:]
                continue
            child = here.entries.get(name)
            if child is None:
                if not create:
                    raise PathError(f"{_join(trail).rstrip('/')}/{name} does not exist")
                child = here.entries[name] = Inode(stat.S_IFDIR | 0o755, 0, 0)
                self._fresh.add((id(here), name))
            if child.is_link and (follow or todo):
                links += 1
                if links > _MAX_LINKS:
                    raise PathError(f"{path}: too many symbolic links, or a loop of them")
                if child.link.startswith("/"):
                    trail.clear()
                todo += [part for part in reversed(child.link.split("/")) if part not in ("", ".")]
                continue
            trail.append(Found(name, child))
        return Found(_join(trail), trail[-1].inode if trail else self.root)


def _join(trail: list[Found]) -> str:
    return "/" + "/".join(name for name, _ in trail)
