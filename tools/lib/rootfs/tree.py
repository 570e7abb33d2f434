"""The file system of an image as a model: layers in, a tree of inodes out. It touches no files.

Layers are applied as image-spec 1.1, layer.md, describes, and as containerd does where that is
open: links on the way to an entry are followed inside the image.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tools.lib.archive.limits import MAX_DEPTH, MAX_LINK_STEPS, MAX_PATH
from tools.lib.cli.errors import ToolError

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_MAX_LINKS = 40  # Linux's own limit, path_resolution(7).


@dataclass(frozen=True, slots=True)
class LayerMember:
    """An entry of a layer."""

    ordinal: int
    """Its place in the archive, from 0."""
    name: str
    mode: int
    """st_mode, file type included."""
    uid: int
    gid: int
    size: int
    link: str
    """The text of a symlink; the name of a hard link's target."""
    hardlink: bool


@dataclass(frozen=True, slots=True, order=True)
class FileLocation:
    """Where an entry is: the layer, from 0 for the lowest, and the place of the entry in it."""

    layer: int
    ordinal: int


class Inode:
    """What a name refers to; hard links are names that share one.

    `location` is the entry that it comes from; None for a directory that no layer has an entry of.
    """

    __slots__ = ("entries", "gid", "link", "location", "mode", "size", "uid")

    def __init__(
        self,
        mode: int,
        uid: int,
        gid: int,
        size: int = 0,
        link: str = "",
        location: FileLocation | None = None,
    ) -> None:
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.size = size
        self.link = link
        self.location = location
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

    @property
    def source(self) -> FileLocation | None:
        """Where the content of a regular file is; None for anything else."""
        return self.location if self.is_file else None


class PathError(Exception):
    """A path of the image cannot be resolved; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a path leads to: its path without links, and the inode there."""

    path: str
    inode: Inode


class Tree:
    """The files of an image."""

    def __init__(self) -> None:
        self.root = Inode(stat.S_IFDIR | 0o755, 0, 0)
        self._layer = -1
        # Names that the current layer has set, by the identity of their directory; its own
        # whiteouts do not touch them. Whiteouts that it has had are there too, for their second
        # time changes nothing. A stale identity does no harm: a directory that is new has nothing
        # of lower layers in it.
        self._fresh: set[tuple[int, str]] = set()
        self._link_steps = 0  # components of symlinks that were followed for the current layer
        # The parent of the last entry: its path as written, and where that led. The next entry is
        # often beside it.
        self._parent: tuple[str, Found] | None = None

    def resolve(self, path: str, follow: bool = True) -> Found:
        """Follows `path` from the root, as the kernel would inside the image.

        Args:
            path: with or without a leading slash.
            follow: whether a link at the end is followed too, as by stat and not by lstat.

        Raises:
            PathError: the path does not exist.
        """
        return self._walk(path, follow, create=False)

    def locate(self, path: str) -> str:
        """Returns the path without links that `path` means, also if it does not exist yet.

        Raises:
            PathError: `path` has `..` below a directory that does not exist.
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
        """Yields every inode below the root, parents before children, sorted by name."""
        pending = [("", self.root, _sorted_names(self.root))]
        while pending:
            path, directory, names = pending[-1]
            name = next(names, None)
            if name is None:
                pending.pop()
                continue
            found = Found(f"{path}/{name}", directory.entries[name])
            yield found
            if found.inode.entries:
                pending.append((found.path, found.inode, _sorted_names(found.inode)))

    def apply(self, layer: Iterable[LayerMember]) -> None:
        """Applies the next layer.

        Raises:
            ToolError: an entry is outside the image, below a file, or a hard link to nothing.
        """
        self._layer += 1
        self._fresh.clear()
        self._link_steps = 0
        self._parent = None
        for member in layer:
            try:
                self._add(member)
            except PathError as error:
                raise ToolError(f"layer {self._layer}: {member.name:.80}: {error}") from None

    def _add(self, member: LayerMember) -> None:
        location = FileLocation(self._layer, member.ordinal)
        parts = [part for part in member.name.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise PathError("the path contains '..'")
        if not parts:
            if not stat.S_ISDIR(member.mode):
                raise PathError("the root is not a directory")
            _set_attributes(self.root, member, location)
            return
        above, name = "/".join(parts[:-1]), parts[-1]
        if name.startswith(_WHITEOUT):
            self._parent = None
            self._whiteout(above, name)
            return
        if self._parent is None or self._parent[0] != above:
            self._parent = above, self._walk(above, True, create=True)
        found = self._parent[1]
        parent = found.inode
        if not parent.is_dir:
            raise PathError("its parent is not a directory")
        if len(found.path) + len(name) > MAX_PATH:
            raise PathError(f"its path has more than {MAX_PATH} bytes")
        self._fresh.add((id(parent), name))
        old = parent.entries.get(name)
        if old is not None:
            self._parent = None  # what is replaced may be on the way there
        if member.hardlink:
            target = self.resolve(member.link, follow=False)
            if target.inode.is_dir:
                raise PathError(f"a hard link to the directory {member.link}")
            if f"{target.path}/".startswith(f"{found.path.rstrip('/')}/{name}/"):
                raise PathError("a hard link that replaces its target")
            parent.entries[name] = target.inode
        elif stat.S_ISDIR(member.mode) and old is not None and old.is_dir:
            _set_attributes(old, member, location)
        else:
            parent.entries[name] = Inode(
                member.mode, member.uid, member.gid, member.size, member.link, location
            )

    def _whiteout(self, above: str, name: str) -> None:
        try:
            parent = self.resolve(above).inode
        except PathError:
            return  # It hides nothing.
        if (id(parent), name) in self._fresh:
            return
        self._fresh.add((id(parent), name))
        if name == _OPAQUE:
            for each in list(parent.entries):
                self._hide(parent, each)
        elif not name.startswith(_WHITEOUT * 2):  # Such names are aufs's own notes.
            self._hide(parent, name.removeprefix(_WHITEOUT))

    def _hide(self, parent: Inode, name: str) -> None:
        """Removes what lower layers have under a name; what this layer has below it stays."""
        pending = [(parent, name, False)]
        while pending:
            parent, name, is_emptied = pending.pop()
            child = parent.entries.get(name)
            if child is None:
                continue
            if child.entries and not is_emptied:
                pending.append((parent, name, True))
                pending += [(child, each, False) for each in child.entries]
            elif not child.entries and (id(parent), name) not in self._fresh:
                del parent.entries[name]

    def _walk(self, path: str, follow: bool, create: bool) -> Found:
        todo = [part for part in reversed(path.split("/")) if part not in ("", ".")]
        names: list[str] = []
        inodes = [self.root]  # from the root to here
        links = 0
        while todo:
            here = inodes[-1]
            if not here.is_dir:
                raise PathError(f"/{'/'.join(names)} is not a directory")
            name = todo.pop()
            if name == "..":
                if names:
                    names.pop()
                    inodes.pop()
                continue
            child = here.entries.get(name)
            if child is None:
                if not create:
                    raise PathError(f"/{'/'.join([*names, name])} does not exist")
                child = here.entries[name] = Inode(stat.S_IFDIR | 0o755, 0, 0)
                self._fresh.add((id(here), name))
            if child.is_link and (follow or todo):
                links += 1
                if links > _MAX_LINKS:
                    raise PathError(f"{path}: too many symbolic links, or a loop of them")
                target = [part for part in reversed(child.link.split("/")) if part not in ("", ".")]
                self._link_steps += len(target)
                if self._link_steps > MAX_LINK_STEPS:
                    raise ToolError(f"layer {self._layer}: too many symlinks in its paths")
                if child.link.startswith("/"):
                    names.clear()
                    del inodes[1:]
                todo += target
                continue
            names.append(name)
            inodes.append(child)
            if len(names) > MAX_DEPTH:
                raise PathError(f"it has more than {MAX_DEPTH} components")
        return Found("/" + "/".join(names), inodes[-1])


def _set_attributes(directory: Inode, member: LayerMember, location: FileLocation) -> None:
    directory.mode, directory.uid, directory.gid = member.mode, member.uid, member.gid
    directory.location = location


def _sorted_names(directory: Inode) -> Iterator[str]:
    return iter(sorted(directory.entries))
