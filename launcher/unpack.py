"""Unpacks Debian packages into a root file system, without root rights. Standard library only.

The caller owns all files. Device nodes are left out, and maintainer scripts do not run.
"""

from __future__ import annotations

import contextlib
import functools
import io
import lzma
import os
import posixpath
import re
import shutil
import tarfile
from typing import IO

from tools.lib.archive import ar
from tools.lib.cli.errors import ToolError
from tools.lib.debian.merged_usr import MERGED_USR_DIRECTORIES

# Documentation, translations, and jlink's input: a fifth of all files, and nothing reads them.
_EXCLUDED = re.compile(
    r"usr/share/(doc|man|info|locale|lintian|bug|doc-base|gtk-doc)/"
    r"|usr/lib/jvm/[^/]*/jmods/"
)
_CHUNK = 1 << 20
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
        with open(path, "rb") as source:
            size = os.fstat(source.fileno()).st_size
            for member in ar.members(source, size):
                if member.name.startswith("data.tar"):
                    source.seek(member.offset)
                    with tarfile.open(
                        fileobj=io.BufferedReader(_Slice(source, member.size)), mode="r|*"
                    ) as archive:
                        for entry in archive:
                            _add(archive, entry, root)
                    return
    except (tarfile.TarError, EOFError, lzma.LZMAError, ToolError) as error:
        raise ToolError(f"{path}: {error}") from None
    raise ToolError(f"{path}: data.tar not found")


def _add(archive: tarfile.TarFile, entry: tarfile.TarInfo, root: str) -> None:
    name = posixpath.normpath(entry.name.lstrip("/"))
    if name == ".":
        return
    if name.split("/", 1)[0] == "..":
        raise ToolError(f"{entry.name}: path outside of the root")
    if _EXCLUDED.match(name):
        return
    if entry.isdir():
        os.makedirs(_resolve_directory(root, name), exist_ok=True)
        return
    path = _resolve_parent(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if entry.issym():
        # dpkg too keeps a directory where another package has a link.
        if os.path.isdir(path) and not os.path.islink(path):
            return
        _remove(path)
        os.symlink(entry.linkname, path)
        _resolve_directory.cache_clear()
    elif entry.islnk():
        target = _resolve_parent(root, posixpath.normpath(entry.linkname.lstrip("/")))
        # The target may be excluded.
        if os.path.lexists(target):
            _remove(path)
            os.link(target, path, follow_symlinks=False)
    elif entry.isreg():
        content = archive.extractfile(entry)
        assert content is not None  # tarfile returns a reader for each regular file
        _remove(path)
        with content, open(path, "xb") as out:
            shutil.copyfileobj(content, out, _CHUNK)
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


class _Slice(io.RawIOBase):
    """The next `size` bytes of a file, as a stream."""

    def __init__(self, source: IO[bytes], size: int) -> None:
        self._source, self._left = source, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._source.read(min(len(buffer), self._left))
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)
