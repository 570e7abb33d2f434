"""Package files into a root file system, by any user. Standard library only.

Who makes the root owns its files; device nodes and maintainer scripts are left out.
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

# What nobody reads in the root: it is a fifth of all files.
_LEFT_OUT = re.compile(
    r"usr/share/(doc|man|info|locale|lintian|bug|doc-base|gtk-doc)/"
    r"|usr/lib/jvm/[^/]*/jmods/"
)
_CHUNK = 1 << 20
_MAX_LINKS = 40


def begin(root: str) -> None:
    """Makes the links of a merged /usr before a package makes them directories."""
    for name in sorted(MERGED_USR_DIRECTORIES):
        os.makedirs(os.path.join(root, "usr", name), exist_ok=True)
        os.symlink(f"usr/{name}", os.path.join(root, name))


def unpack(path: str, root: str) -> None:
    """Adds the files of the .deb at `path` to the tree `root`.

    Raises:
        ToolError: a damaged archive, or one of a compression that Python lacks.
    """
    try:
        with open(path, "rb") as source:
            size = os.fstat(source.fileno()).st_size
            for member in ar.members(source, size):
                if member.name.startswith("data.tar"):
                    source.seek(member.offset)
                    with tarfile.open(
                        fileobj=io.BufferedReader(_Part(source, member.size)), mode="r|*"
                    ) as archive:
                        for entry in archive:
                            _add(archive, entry, root)
                    return
    except (tarfile.TarError, EOFError, lzma.LZMAError, ToolError) as error:
        raise ToolError(f"{path}: {error}") from None
    raise ToolError(f"{path}: no data.tar in it")


def _add(archive: tarfile.TarFile, entry: tarfile.TarInfo, root: str) -> None:
    name = posixpath.normpath(entry.name.lstrip("/"))
    if name == ".":
        return
    if name.split("/", 1)[0] == "..":
        raise ToolError(f"{entry.name} leads out of the root")
    if _LEFT_OUT.match(name):
        return
    if entry.isdir():
        os.makedirs(_place(root, name), exist_ok=True)
        return
    path = _place_of_file(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if entry.issym():
        if os.path.isdir(path) and not os.path.islink(path):
            return
        _replace(path)
        os.symlink(entry.linkname, path)
    elif entry.islnk():
        target = _place_of_file(root, posixpath.normpath(entry.linkname.lstrip("/")))
        # Its target may be one of those left out.
        if os.path.lexists(target):
            _replace(path)
            os.link(target, path, follow_symlinks=False)
    elif entry.isreg():
        content = archive.extractfile(entry)
        assert content is not None  # of a regular file
        _replace(path)
        with content, open(path, "xb") as out:
            shutil.copyfileobj(content, out, _CHUNK)
        os.chmod(path, entry.mode & 0o755 | 0o600)
        os.utime(path, (entry.mtime, entry.mtime))


def _place_of_file(root: str, name: str) -> str:
    directory, base = posixpath.split(name)
    return f"{_place(root, directory)}/{base}"


@functools.lru_cache(maxsize=1024)
def _place(root: str, name: str) -> str:
    """The path of the directory `name`, its links followed as they are within the root."""
    ahead, place, links = name.split("/")[::-1], "", 0
    while ahead:
        part = ahead.pop()
        if part in ("", ".", ".."):
            place = posixpath.dirname(place) if part == ".." else place
            continue
        try:
            link = os.readlink(f"{root}{place}/{part}")
        except OSError:  # No link, or not there yet.
            place = f"{place}/{part}"
            continue
        links += 1
        if links > _MAX_LINKS:
            raise ToolError(f"{name}: links go round in circles")
        place = "" if link.startswith("/") else place
        ahead += link.split("/")[::-1]
    return root + place


def _replace(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


class _Part(io.RawIOBase):
    """A run of a file's bytes, from where it stands, as a stream."""

    def __init__(self, source: IO[bytes], size: int) -> None:
        self._source, self._left = source, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._source.read(min(len(buffer), self._left))
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)
