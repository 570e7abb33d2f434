"""The files that container engines add to an image: mount points, and files about the network.

Engines create them together with the container. So commands see them, and so do existence and
content tests.
"""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Iterable

from tools.lib.rootfs.tree import FileLocation, Inode, PathError, Tree

HOSTNAME = "structure-test"
FILES = {
    "/etc/hosts": (
        f"127.0.0.1\tlocalhost {HOSTNAME}\n::1\tlocalhost ip6-localhost ip6-loopback\n"
    ).encode(),
    "/etc/hostname": f"{HOSTNAME}\n".encode(),
    "/etc/resolv.conf": b"# There is no network.\n",
}
"""Content by path. It replaces the image's own while commands run."""
MODE = 0o644
_DIRECTORIES = ("/dev", "/proc", "/sys")
_LAYER = -1
_MAX_LINKS = 40


def add_engine_files(tree: Tree, directories: Iterable[str]) -> dict[FileLocation, bytes]:
    """Adds what engines create if the image does not have it.

    Args:
        tree: the image's files, all layers applied.
        directories: the working directory and the volumes.

    Returns:
        The content of the files that were added.
    """
    for path in (*_DIRECTORIES, *directories):
        _add(tree, path, _directory())
    contents = {}
    for ordinal, (path, content) in enumerate(FILES.items()):
        source = FileLocation(_LAYER, ordinal)
        if _add(tree, path, Inode(stat.S_IFREG | MODE, 0, 0, len(content), location=source)):
            contents[source] = content
    return contents


def _add(tree: Tree, path: str, inode: Inode) -> bool:
    """Adds an inode unless the path exists, or cannot exist. Returns whether it did."""
    try:
        names = _missing(tree, path)
    except PathError:
        return False
    if not names:
        return False
    here = tree.root
    for name in names[:-1]:
        if not here.is_dir:
            return False
        here = here.entries.setdefault(name, _directory())
    if not here.is_dir:
        return False
    here.entries[names[-1]] = inode
    return True


def _missing(tree: Tree, path: str) -> list[str]:
    """The names on the way to a missing path, without links. Empty if it exists.

    Raises:
        PathError: the path cannot exist.
    """
    for _ in range(_MAX_LINKS):
        try:
            tree.resolve(path)
            return []
        except PathError:
            path = tree.locate(path)
        try:
            link = tree.resolve(path, follow=False).inode
        except PathError:
            return path.split("/")[1:]
        # A dangling link: engines create its target.
        path = posixpath.join(posixpath.dirname(path), link.link)
    raise PathError(f"{path}: too many levels of symbolic links")


def _directory() -> Inode:
    return Inode(stat.S_IFDIR | 0o755, 0, 0)
