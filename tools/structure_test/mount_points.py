"""Finds and creates mount points in a copy of an image, without ever following a link out of it.

Bubblewrap resolves a mount point while the host's files are still visible to it. A command that
leaves a link behind could make the next run mount, or create, something at a place of its choice.
So mount points are resolved here, like openat2(2) does with RESOLVE_IN_ROOT, and bubblewrap gets
paths that exist and have no links. Nothing of the image runs in the meantime.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.rootfs.tree import PathError
from tools.structure_test.identity import Identity

T = TypeVar("T")

_MAX_LINKS = 40  # Linux's own limit, path_resolution(7).
_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_ANYTHING = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC

# The links that bubblewrap makes in /dev.
_DEVICE_LINKS = (b"core", b"fd", b"ptmx", b"stderr", b"stdin", b"stdout")

Kind = Literal["file", "directory"]


@dataclass(frozen=True, slots=True)
class _Step:
    """An open file or directory on the way from the root."""

    name: bytes
    descriptor: int
    in_mount: bool
    """Whether it belongs to the host, because it is in a mounted directory."""


class MountPoints:
    """The mount points of one sandbox.

    Args:
        root: the copy of the image.
        owner: the owner of what is created; None: this process.
        mode: permissions of directories that are created.
    """

    def __init__(self, root: str, owner: Identity | None, mode: int) -> None:
        self._owner = owner
        self._mode = mode
        self._opened = contextlib.ExitStack()
        self._root = self._keep(os.open(root, _DIRECTORY))
        self._mounts: dict[bytes, int] = {}
        self._kernel: set[bytes] = set()

    def close(self) -> None:
        """Closes all descriptors."""
        self._opened.close()

    def __enter__(self) -> MountPoints:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, target: str, source: str) -> bytes:
        """Finds the mount point of a file or directory of the host, and creates it if needed.

        Returns:
            The path in the sandbox, without links. It counts as mounted for later paths.

        Raises:
            PathError: it cannot be a mount point.
            OSError: `source` cannot be opened.
        """
        descriptor = self._keep(os.open(source, os.O_PATH | os.O_CLOEXEC))
        kind: Kind = "directory" if _is_directory(descriptor) else "file"
        path = self._find(target, kind)
        self._mounts[path] = descriptor
        return path

    def add_kernel(self, target: str) -> bytes:
        """Finds the mount point of a file system of the kernel: /proc, /sys or /dev.

        Later paths must not lead below it, because such a file system has links of its own, some
        of which lead to the host while bubblewrap mounts. New names in /dev are allowed.
        """
        path = self._find(target, "directory")
        self._kernel.add(path)
        return path

    def directory(self, path: str) -> bytes:
        """The path without links of a directory that exists.

        Raises:
            PathError: it does not exist, or is not a directory.
        """
        steps = self._walk(path, None)
        if steps and not _is_directory(steps[-1].descriptor):
            raise PathError(f"{path} is not a directory")
        return _join(steps)

    def _find(self, target: str, kind: Kind) -> bytes:
        steps = self._walk(target, kind)
        path = _join(steps)
        if not steps:
            raise PathError(f"{target} is the root directory, which cannot be mounted over")
        is_directory = _is_directory(steps[-1].descriptor)
        if is_directory != (kind == "directory"):
            found = "a directory" if is_directory else "not a directory"
            raise PathError(f"{_text(path)} is {found}, and the mounted path is a {kind}")
        return path

    def _walk(self, path: str, create: Kind | None) -> list[_Step]:
        """Follows a path, and creates what is missing as the kind of its end. None: an error."""
        todo = _components(path_bytes(path))
        steps: list[_Step] = []
        links = 0
        while todo:
            name = todo.pop()
            if name == b"..":
                del steps[-1:]
                continue
            self._check_kernel(steps, name, is_last=not todo)
            step = self._step(steps, name, path, create if not todo else create and "directory")
            status = os.fstat(step.descriptor)
            if stat.S_ISLNK(status.st_mode):
                links += 1
                if links > _MAX_LINKS:
                    raise PathError(f"{path}: too many levels of symbolic links")
                text = os.readlink(b"", dir_fd=step.descriptor)
                if text.startswith(b"/"):
                    steps.clear()
                todo += _components(text)
                continue
            if todo and not stat.S_ISDIR(status.st_mode):
                raise PathError(f"{_text(_join([*steps, step]))} is not a directory")
            steps.append(step)
        return steps

    def _check_kernel(self, steps: list[_Step], name: bytes, is_last: bool) -> None:
        here = _join(steps)
        if here not in self._kernel:
            return
        if here != b"/dev" or not is_last or name in _DEVICE_LINKS:
            raise PathError(f"{_text(here)}/{_text(name)}: {_text(here)} belongs to the sandbox")

    def _step(self, steps: list[_Step], name: bytes, path: str, create: Kind | None) -> _Step:
        here = steps[-1].descriptor if steps else self._root
        in_mount = steps[-1].in_mount if steps else False
        target = b"/".join([_join(steps).rstrip(b"/"), name])
        if target in self._mounts:
            return _Step(name, self._mounts[target], True)
        try:
            child = self._open_or_create(here, name, None if in_mount else create)
        except FileNotFoundError:
            # What is mounted belongs to the host: nothing is created there.
            place = " in the directory of the host that is mounted there" if in_mount else ""
            raise PathError(f"{_text(target)} does not exist{place}") from None
        except OSError as error:
            raise PathError(f"{path}: {error.strerror}") from None
        return _Step(name, self._keep(child), in_mount)

    def _open_or_create(self, here: int, name: bytes, create: Kind | None) -> int:
        try:
            return self._permitted(here, lambda: os.open(name, _ANYTHING, dir_fd=here))
        except FileNotFoundError:
            if create is None:
                raise
        return self._permitted(here, lambda: self._create(here, name, create))

    def _create(self, here: int, name: bytes, kind: Kind) -> int:
        if kind == "directory":
            os.mkdir(name, 0o700, dir_fd=here)
        else:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            os.close(os.open(name, flags, 0o600, dir_fd=here))
        child = os.open(name, _ANYTHING, dir_fd=here)
        if self._owner:
            os.chown(name, self._owner.uid, self._owner.gid, dir_fd=here, follow_symlinks=False)
        os.chmod(_proc(child), self._mode if kind == "directory" else 0o444)
        return child

    def _permitted(self, directory: int, action: Callable[[], T]) -> T:
        """Runs an action that looks into a directory, or changes it, whatever its permissions."""
        try:
            return action()
        except PermissionError:
            mode = stat.S_IMODE(os.fstat(directory).st_mode)
            os.chmod(_proc(directory), mode | 0o300)
            try:
                return action()
            finally:
                os.chmod(_proc(directory), mode)

    def _keep(self, descriptor: int) -> int:
        self._opened.callback(os.close, descriptor)
        return descriptor


def _components(path: bytes) -> list[bytes]:
    """The names of a path, the last one first."""
    return [name for name in reversed(path.split(b"/")) if name not in (b"", b".")]


def _join(steps: list[_Step]) -> bytes:
    return b"/" + b"/".join(step.name for step in steps)


def _is_directory(descriptor: int) -> bool:
    return stat.S_ISDIR(os.fstat(descriptor).st_mode)


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def _proc(descriptor: int) -> str:
    return f"/proc/self/fd/{descriptor}"
