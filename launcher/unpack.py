"""Unpacks Debian packages into a root file system, without root rights. Standard library only.

The caller owns all files. Device nodes are left out, and maintainer scripts do not run.
"""

from __future__ import annotations

import contextlib
import functools
import os
import posixpath
import re

from tools.lib.archive import tar_reader
from tools.lib.archive.extents import ReadAt
from tools.lib.archive.tar_member import TarMember
from tools.lib.cli.errors import ToolError
from tools.lib.debian.merged_usr import MERGED_USR_DIRECTORIES
from tools.lib.debian.unpack import unpack_deb

# Documentation, translations, and jlink's input: a fifth of all files, and nothing reads them.
_EXCLUDED = re.compile(
    r"usr/share/(doc|man|info|locale|lintian|bug|doc-base|gtk-doc)/"
    r"|usr/lib/jvm/[^/]*/jmods/"
)
_MAX_LINKS = 40


def link_merged_usr(root: str) -> None:
    """Makes /bin, /lib and so on links into /usr, before a package makes them directories."""
    for name in sorted(MERGED_USR_DIRECTORIES):
        os.makedirs(os.path.join(root, "usr", name), exist_ok=True)
        os.symlink(f"usr/{name}", os.path.join(root, name))


def unpack(path: str, root: str) -> None:
    """Adds the files of the .deb file `path` to the tree `root`.

    Raises:
        ToolError: the package is damaged, or this Python does not support its compression.
    """
    try:
        with unpack_deb(path, path) as package:
            for member in package.members:
                _add(member, package.read_at, root)
    except ImportError as error:
        raise ToolError(f"{path}: this Python cannot decompress it: {error}") from None


def _add(member: TarMember, read_at: ReadAt, root: str) -> None:
    entry = member.entry
    if not entry.path or _EXCLUDED.match(entry.path):
        return
    if entry.type == "directory":
        os.makedirs(_resolve_directory(root, entry.path), exist_ok=True)
        return
    path = _resolve_parent(root, entry.path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if entry.type == "symlink":
        # dpkg too keeps a directory where another package has a link.
        if os.path.isdir(path) and not os.path.islink(path):
            return
        _remove(path)
        os.symlink(entry.link, path)
        _resolve_directory.cache_clear()
    elif entry.type == "hardlink":
        target = _resolve_parent(root, entry.link)
        # The target may be excluded.
        if os.path.lexists(target):
            _remove(path)
            os.link(target, path, follow_symlinks=False)
    elif entry.type == "file":
        _remove(path)
        with open(path, "xb") as out:
            out.writelines(tar_reader.content(member, read_at))
        os.chmod(path, entry.mode & 0o755 | 0o600)
        os.utime(path, (entry.mtime, entry.mtime))


def _resolve_parent(root: str, name: str) -> str:
    """The path of the file `name`, with links in its directories resolved within the root."""
    directory, base = posixpath.split(name)
    return f"{_resolve_directory(root, directory)}/{base}"


@functools.lru_cache(maxsize=1024)
def _resolve_directory(root: str, name: str) -> str:
    """The path of the directory `name`, with its links resolved within the root."""
    todo, resolved, links = name.split("/")[::-1], "", 0
    while todo:
        part = todo.pop()
        if part in ("", ".", ".."):
            resolved = posixpath.dirname(resolved) if part == ".." else resolved
            continue
        try:
            target = os.readlink(f"{root}{resolved}/{part}")
        except OSError:  # Not a link, or it does not exist yet.
            resolved = f"{resolved}/{part}"
            continue
        links += 1
        if links > _MAX_LINKS:
            raise ToolError(f"{name}: too many levels of symbolic links")
        resolved = "" if target.startswith("/") else resolved
        todo += target.split("/")[::-1]
    return root + resolved


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
