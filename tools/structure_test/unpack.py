"""Writes the files of an image to a directory, as any user, with modes that fit who will run there.

A user namespace made by an ordinary user has one uid: all files of the unpacked image belong to the
user that a command runs as, whoever owns them in the image. So that this user may do what it could
do in a container, and no more, the owner's bits of each file that it does not own are set to what
its group, or other users, may do.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable

from tools.lib.rootfs.tree import Inode, Source, Tree
from tools.structure_test.users import User

MOUNTED = ("/dev", "/proc", "/sys")
"""Directories of the image that the sandbox mounts over; they are not unpacked."""


def unpack(tree: Tree, root: str, place: Callable[[Source, bytes], None]) -> None:
    """Makes `root` and all of `tree` in it, open to the owner; device nodes are left out.

    Links are made last, so that nothing is written through one.

    Args:
        tree: the image's files.
        root: a directory that does not exist.
        place: makes the file of a path with the bytes of a source.
    """
    os.mkdir(root, 0o700)
    base = os.fsencode(root)
    first: dict[int, bytes] = {}  # the first path of each inode, by identity
    links: list[tuple[str, bytes]] = []
    for at in tree.walk():
        if _is_mounted(at.path):
            continue
        path, inode = base + _encode(at.path), at.inode
        if inode.is_dir:
            os.mkdir(path, 0o700)
        elif inode.is_link:
            links.append((inode.link, path))
        elif id(inode) in first:
            os.link(first[id(inode)], path)
        elif inode.source is not None:
            place(inode.source, path)
            first[id(inode)] = path
        elif stat.S_ISFIFO(inode.mode):
            os.mkfifo(path)
            first[id(inode)] = path
    for target, path in links:
        os.symlink(_encode(target), path)


def set_modes(tree: Tree, root: str, user: User) -> None:
    """Sets the modes of an unpacked tree to those that `user` meets; may be called again."""
    base = os.fsencode(root)
    directories = [(base, tree.root)]
    os.chmod(base, 0o700)
    for at in tree.walk():
        if _is_mounted(at.path) or not (at.inode.is_dir or at.inode.is_file):
            continue
        path = base + _encode(at.path)
        if at.inode.is_dir:
            os.chmod(path, 0o700)
            directories.append((path, at.inode))
        else:
            os.chmod(path, effective_mode(at.inode, user))
    for path, inode in reversed(directories):
        os.chmod(path, effective_mode(inode, user))


def effective_mode(inode: Inode, user: User) -> int:
    """The mode under which `user`, as the owner, may do what it may do in the image.

    Root is not held back by modes, and keeps those of the image.
    """
    mode = stat.S_IMODE(inode.mode)
    if user.uid in (0, inode.uid):
        return mode
    bits = mode >> 3 & 0o7 if inode.gid in user.groups else mode & 0o7
    return mode & ~0o700 | bits << 6


def remove_tree(path: str) -> None:
    """Removes a directory and all in it, also what commands have made unreadable."""
    if not os.path.lexists(path):
        return
    os.chmod(path, 0o700)
    for directory, names, _ in os.walk(path):
        for name in names:
            child = os.path.join(directory, name)
            if not os.path.islink(child):
                os.chmod(child, 0o700)
    shutil.rmtree(path)


def _is_mounted(path: str) -> bool:
    return path.startswith(MOUNTED) and "/".join(path.split("/")[:2]) in MOUNTED


def _encode(path: str) -> bytes:
    # Not os.fsencode: names in an image are bytes, whatever the locale here.
    return path.encode("utf-8", "surrogateescape")
