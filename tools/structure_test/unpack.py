"""Writes an image's files to a directory, with modes that suit the user of a command.

In a sandbox all files belong to the user that runs, because a user namespace made without root has
a single user. To give this user the access that it has in a container, and no more, the owner bits
of each file that the image gives to another user are set to the group's or the others' bits.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
from collections.abc import Callable, Iterator

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.rootfs.tree import FileLocation, Inode, Tree
from tools.structure_test.users import User

_MAX_DEPTH = 64  # of open directories, well below any limit
MOUNTED = ("/dev", "/proc", "/sys")
"""Directories that the sandbox mounts over. What the image has in them is not unpacked."""


def unpack(
    tree: Tree,
    root: str,
    create_file: Callable[[FileLocation, bytes], None],
    set_owner: Callable[[bytes], None],
) -> None:
    """Creates `root` and writes `tree` to it, readable for the owner only. Skips device nodes.

    Args:
        tree: the image's files.
        root: a directory that does not exist.
        create_file: creates the file at a path with the content of a source.
        set_owner: makes the file at a path belong to the user that commands run as.
    """
    base = os.fsencode(root)
    os.mkdir(base, 0o700)
    set_owner(base)
    first: dict[int, bytes] = {}  # the first path of each inode, by identity
    links: list[tuple[str, bytes]] = []
    for at in tree.walk():
        if _is_below_mount(at.path):
            continue
        path, inode = base + path_bytes(at.path), at.inode
        if inode.is_dir:
            os.mkdir(path, 0o700)
        elif inode.is_link:
            links.append((inode.link, path))
            continue
        elif id(inode) in first:
            os.link(first[id(inode)], path)
            continue
        elif inode.source is not None:
            create_file(inode.source, path)
            first[id(inode)] = path
        elif stat.S_ISFIFO(inode.mode):
            os.mkfifo(path)
            first[id(inode)] = path
        else:
            continue
        set_owner(path)
    # Links come last, so that no file is written through one.
    for target, path in links:
        os.symlink(path_bytes(target), path)
        set_owner(path)


def set_modes(tree: Tree, root: str, user: User) -> None:
    """Sets the modes of an unpacked tree to `effective_mode`. May be called again."""
    base = os.fsencode(root)
    directories = [(base, tree.root)]
    os.chmod(base, 0o700)
    for at in tree.walk():
        if _is_below_mount(at.path) or not (at.inode.is_dir or at.inode.is_file):
            continue
        path = base + path_bytes(at.path)
        if at.inode.is_dir:
            os.chmod(path, 0o700)
            directories.append((path, at.inode))
        else:
            os.chmod(path, effective_mode(at.inode, user))
    for path, inode in reversed(directories):
        os.chmod(path, effective_mode(inode, user))


def effective_mode(inode: Inode, user: User) -> int:
    """The mode that gives `user`, as the owner, the access that it has in the image.

    Root has access whatever the mode is, so its files keep theirs.
    """
    mode = stat.S_IMODE(inode.mode)
    if user.uid in (0, inode.uid):
        return mode
    bits = mode >> 3 & 0o7 if inode.gid in user.groups else mode & 0o7
    return mode & ~0o700 | bits << 6


def remove_tree(path: str) -> None:
    """Removes a directory of any depth, whatever permissions a command has left."""
    if not os.path.lexists(path):
        return
    os.chmod(path, 0o700)
    with _opened(path, None) as root:
        taken = set(os.listdir(root))
        names = (name for name in map(str, itertools.count()) if name not in taken)

        def empty(directory: int, depth: int) -> None:
            for child in _remove_files(directory):
                if depth < _MAX_DEPTH:
                    with _opened(child, directory) as descriptor:
                        empty(descriptor, depth + 1)
                    os.rmdir(child, dir_fd=directory)
                else:
                    os.rename(child, next(names), src_dir_fd=directory, dst_dir_fd=root)

        # Each round brings what is too deep to the top.
        while os.listdir(root):
            empty(root, 0)
    os.rmdir(path)


@contextlib.contextmanager
def _opened(path: str, parent: int | None) -> Iterator[int]:
    descriptor = os.open(path, os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _remove_files(directory: int) -> list[str]:
    """Removes all files of a directory. Returns its directories, which can then be entered."""
    directories = []
    with os.scandir(directory) as scan:
        entries = list(scan)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            directories.append(entry.name)
        else:
            os.unlink(entry.name, dir_fd=directory)
    for name in directories:
        os.chmod(name, 0o700, dir_fd=directory)
    return directories


def _is_below_mount(path: str) -> bool:
    return path.startswith(tuple(f"{mount}/" for mount in MOUNTED))
