"""The files and packages of an image, from the contents of its layers."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.debian.dpkg_status import (
    STATUS_DIRECTORY,
    is_package_list,
    is_status_file,
    listed_files,
    parse_status,
)
from tools.lib.diff.layer_content import LayerContent
from tools.lib.part.part import PartDirectory, PartEntry
from tools.lib.rootfs.tree import Inode, LayerMember, PathError, Tree

_TYPES = {
    "file": stat.S_IFREG,
    "hardlink": stat.S_IFREG,
    "symlink": stat.S_IFLNK,
    "char": stat.S_IFCHR,
    "block": stat.S_IFBLK,
    "fifo": stat.S_IFIFO,
}


FileType = Literal["file", "symlink", "char", "block", "fifo", "directory"]


@dataclass(frozen=True, slots=True)
class FileState:
    """What an image has at a path.

    `link` is the text of a symlink. `hardlink` is the first of several names of one file, for the
    others. `implied`: no layer has an entry of the directory. The other fields are as in a
    PartEntry.
    """

    type: FileType
    mode: int
    uid: int
    gid: int
    mtime: int = 0
    size: int = 0
    sha256: str = ""
    link: str = ""
    hardlink: str = ""
    device: tuple[int, int] = (0, 0)
    xattrs: Mapping[str, bytes] = field(default_factory=dict)
    implied: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """What an image has.

    Attributes:
        files: what is at each path, which starts with a slash; the root is `/`.
        hardlinks: of files with several names, a number by each name: names of one file share it.
        owners: names of Debian packages by the paths of their files.
        packages: versions of the installed packages by name and architecture.
        size: bytes of all files; a file with several names counts once.
    """

    files: Mapping[str, FileState]
    hardlinks: Mapping[str, int]
    owners: Mapping[str, str]
    packages: Mapping[tuple[str, str], str]
    size: int


def stands_alone(layer: LayerContent) -> bool:
    """Whether a layer means the same whatever the layers below it have.

    Not so if it deletes something of them, or has a hard link to one of their files.
    """
    paths = {each.path for each in layer.entries}
    return not any(
        each.path.rpartition("/")[2].startswith(".wh.")
        or (isinstance(each, PartEntry) and each.type == "hardlink" and each.link not in paths)
        for each in layer.entries
    )


def view_layers(layers: Sequence[LayerContent]) -> View:
    """Applies layers, bottom to top.

    Raises:
        ToolError: they cannot be unpacked, or the database of dpkg in them is malformed.
    """
    tree = Tree()
    for layer in layers:
        tree.apply(_members(layer))
    files: dict[str, FileState] = {}
    owners: dict[str, str] = {}
    texts: dict[str, str] = {}
    hardlinks: dict[str, int] = {}
    first: dict[int, str] = {}  # the first path of an inode that is not a directory
    size = 0
    for path, inode in _walk(tree):
        entry = _entry(layers, inode)
        files[path] = _state(entry, first.get(id(inode), ""))
        if inode.location is not None:
            owner = layers[inode.location.layer].packages[inode.location.ordinal]
            if owner:
                owners[path] = owner
        if inode.is_dir:
            continue
        if id(inode) in first:
            hardlinks[path] = hardlinks[first[id(inode)]] = id(inode)
            continue
        first[id(inode)] = path
        if isinstance(entry, PartEntry):
            size += entry.size
            if entry.text is not None:
                texts[path.lstrip("/")] = entry.text
    _add_listed(owners, texts, tree, files)
    return View(files, hardlinks, owners, _packages(texts), size)


def _members(layer: LayerContent) -> Iterator[LayerMember]:
    for ordinal, each in enumerate(layer.entries):
        kind, size, link, is_hardlink = stat.S_IFDIR, 0, "", False
        if isinstance(each, PartEntry):
            kind, size, link = _TYPES[each.type], each.size, each.link
            is_hardlink = each.type == "hardlink"
        mode = kind | each.mode
        yield LayerMember(ordinal, each.path, mode, each.uid, each.gid, size, link, is_hardlink)


def _walk(tree: Tree) -> Iterator[tuple[str, Inode]]:
    yield "/", tree.root
    for found in tree.walk():
        yield found.path, found.inode


def _entry(layers: Sequence[LayerContent], inode: Inode) -> PartEntry | PartDirectory | None:
    if inode.location is None:
        return None
    return layers[inode.location.layer].entries[inode.location.ordinal]


def _state(entry: PartEntry | PartDirectory | None, first_name: str) -> FileState:
    if entry is None:
        return FileState("directory", 0o755, 0, 0, implied=True)
    if isinstance(entry, PartDirectory):
        owner = (entry.uid, entry.gid)
        return FileState("directory", entry.mode, *owner, entry.mtime, xattrs=entry.xattrs)
    assert entry.type != "hardlink"
    return FileState(
        entry.type,
        entry.mode,
        entry.uid,
        entry.gid,
        entry.mtime,
        entry.size,
        entry.sha256,
        entry.link,
        first_name,
        entry.device,
        entry.xattrs,
    )


def _add_listed(
    owners: dict[str, str],
    texts: Mapping[str, str],
    tree: Tree,
    files: Mapping[str, FileState],
) -> None:
    """Adds the owners that dpkg's lists tell, of files whose layers have no metadata."""
    for path, text in texts.items():
        if path.startswith(f"{STATUS_DIRECTORY}/"):
            owners.setdefault(f"/{path}", path.rpartition("/")[2].removesuffix(".md5sums"))
        if not is_package_list(path):
            continue
        package, listed = listed_files(path, path_bytes(text))
        owners.setdefault(f"/{path}", package)
        for each in listed:
            # A list may name a file of /usr by its path before the merge of /usr.
            found = f"/{each}"
            if found not in files:
                try:
                    found = tree.resolve(each, follow=False).path
                except PathError:
                    continue
            if files[found].type != "directory":
                owners.setdefault(found, package)


def _packages(texts: Mapping[str, str]) -> dict[tuple[str, str], str]:
    packages: dict[tuple[str, str], str] = {}
    for path, text in texts.items():
        data = path_bytes(text)
        if is_status_file(path, len(data)):
            for each in parse_status(data, path):
                packages[each.name, each.architecture] = each.version
    return packages
