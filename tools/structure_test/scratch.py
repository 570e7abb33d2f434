"""The directory where an image is unpacked and copied, and the mounts that are possible in it.

What the machine allows is found by trying. If something is missing, tests run all the same, only
slower: on disk instead of in memory, in copies instead of overlays, and with the emulator in front
of each command instead of registered with the kernel.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.structure_test import namespaces
from tools.structure_test.emulation import Emulator
from tools.structure_test.identity import spare_identity
from tools.structure_test.limits import MIB, available_memory
from tools.structure_test.signals import deferred
from tools.structure_test.unpack import remove_tree

_UNPACKED_RATIO = 8  # An unpacked image is rarely larger than its layers times this.
MAX_IN_MEMORY = 256 * MIB
"""Bytes of compressed layers. Less memory may be free than the kernel says."""
_MIN_COPY = 64 * MIB  # what a copy in memory may grow, however little memory is available
# Where every user may enter a directory, on any Linux.
_PUBLIC = ("/tmp", "/var/tmp", "/dev/shm", "/run")


@dataclass(frozen=True, slots=True)
class CopySpace:
    """A directory for one copy of the image."""

    path: str
    limited: bool
    """Whether the kernel limits its size."""


class Scratch:
    """A scratch directory. `open_scratch` makes one.

    Attributes:
        identity: the user that commands run as; None: the user of this process.
        namespaced: whether this process has namespaces of its own, with a network of only loopback.
        overlay: whether overlays can be mounted in the directory.
        binfmt: whether the kernel starts `emulator` for every foreign program.
        emulator: runs the image's programs; None if this machine runs them natively.
        pool: directory for the content of the image's files.
    """

    def __init__(
        self,
        directory: str,
        cleanup: contextlib.ExitStack,
        emulator: Emulator | None,
        size: int,
    ) -> None:
        self._directory = directory
        self._cleanup = cleanup
        self._copies_in_memory = False
        self._reachable: dict[str, str] = {}
        self.emulator = emulator
        self.overlay = False
        self.binfmt = False
        self.identity = spare_identity()
        self.namespaced = namespaces.enter(directory, self.identity)
        if self.namespaced:
            if self.identity:
                self.identity = namespaces.SECOND
            self._mount_best(size)
            self.binfmt = emulator is not None and self._register(emulator)
        elif self.identity:
            self._directory = self._public_directory(remove_tree)
            os.chmod(self._directory, 0o711)
        self.pool = self.path("pool")
        os.mkdir(self.pool, 0o700)

    def path(self, *names: str) -> str:
        """A path in the directory."""
        return os.path.join(self._directory, *names)

    @contextlib.contextmanager
    def copy_space(self, name: str, size: int) -> Iterator[CopySpace]:
        """A new directory for a copy, removed on exit.

        Args:
            name: of the directory.
            size: bytes that it must hold.
        """
        path = self.path(name)
        space = contextlib.ExitStack()
        try:
            with deferred():
                os.mkdir(path, 0o700)
                space.callback(remove_tree, path)
                if self._copies_in_memory:
                    size = max(_MIN_COPY, min(size, available_memory() // 2))
                    namespaces.mount_tmpfs(path, size)
                    space.callback(namespaces.unmount, path)
            os.chmod(path, 0o711)
            yield CopySpace(path, self._copies_in_memory)
        finally:
            with deferred():
                space.close()

    @contextlib.contextmanager
    def mounted_overlay(self, lower: str, name: str) -> Iterator[str]:
        """Mounts an overlay of `lower` that writes changes to `name`. Yields its root.

        Both arguments are names of directories in this one.
        """
        for part in ("upper", "work", "root"):
            os.mkdir(self.path(name, part))
        self.set_owner(self.path(name, "upper"))
        root = f"{name}/root"
        mount = contextlib.ExitStack()
        try:
            with deferred():
                changes = (f"{name}/upper", f"{name}/work")
                namespaces.mount_overlay(self._directory, lower, *changes, root)
                mount.callback(namespaces.unmount, self.path(root))
            yield self.path(root)
        finally:
            with deferred():
                mount.close()

    def set_owner(self, path: str | bytes) -> None:
        """Makes a file belong to the user that commands run as."""
        if self.identity:
            os.chown(path, self.identity.uid, self.identity.gid, follow_symlinks=False)

    def reachable(self, source: str) -> str:
        """The path by which the user of commands can reach a file or directory of the host.

        Root's directories may be closed to others, so what is in them is mounted here.
        """
        path = os.path.abspath(source)
        if not self.namespaced or not self.identity:
            return path
        if path not in self._reachable:
            target = self.path("mounts", str(len(self._reachable)))
            os.makedirs(target if os.path.isdir(path) else os.path.dirname(target), exist_ok=True)
            if not os.path.isdir(path):
                open(target, "xb").close()
            with deferred():
                namespaces.mount_bind(path, target)
                self._cleanup.callback(namespaces.unmount, target)
            self._reachable[path] = target
        return self._reachable[path]

    def _mount_best(self, size: int) -> None:
        """Chooses where the image and its copies are: in overlays if possible, then in memory."""
        in_memory = size <= min(MAX_IN_MEMORY, available_memory() // _UNPACKED_RATIO)
        disk = self._directory
        if self.identity:
            self._directory = self._public_directory(os.rmdir)
        # Before Linux 6.6, tmpfs had no user extended attributes, which overlays need.
        for image_in_memory, copies_in_memory in ((in_memory, True), (False, False)):
            with contextlib.ExitStack() as mount:
                self._mount_directory(mount, disk, image_in_memory)
                self._copies_in_memory = copies_in_memory
                self.overlay = self._try_overlay()
                if self.overlay:
                    with deferred():
                        self._cleanup.enter_context(mount.pop_all())
                    return
        self._mount_directory(self._cleanup, disk, in_memory)
        self._copies_in_memory = in_memory

    def _mount_directory(self, mount: contextlib.ExitStack, disk: str, in_memory: bool) -> None:
        """Mounts a tmpfs on the directory; or `disk`, unless it is the directory itself."""
        with deferred():
            if in_memory:
                namespaces.mount_tmpfs(self._directory, mode=0o711)
            elif self._directory != disk:
                source = os.path.join(disk, "disk")
                os.makedirs(source, exist_ok=True)
                os.chmod(source, 0o711)
                namespaces.mount_bind(source, self._directory)
            else:
                return
            mount.callback(namespaces.unmount, self._directory)

    def _public_directory(self, remove: Callable[[str], object]) -> str:
        """An empty directory in one that every user can enter, for the image.

        The other user may not be able to enter where TEST_TMPDIR is.

        Args:
            remove: removes the directory at the end.
        """
        for parent in _PUBLIC:
            with contextlib.suppress(OSError), deferred():
                if os.stat(parent).st_mode & 0o001:
                    path = tempfile.mkdtemp(prefix="structure_test-", dir=parent)
                    self._cleanup.callback(remove, path)
                    return path
        raise ToolError(
            f"command tests: root needs one of {', '.join(_PUBLIC)}, open to every user"
        )

    def _try_overlay(self) -> bool:
        """Whether an overlay works here. Replaces a directory, which needs extended attributes."""
        lower = self.path("lower")
        os.makedirs(f"{lower}/replaced")
        try:
            with (
                self.copy_space("try", _MIN_COPY),
                self.mounted_overlay("lower", "try") as root,
            ):
                replaced = os.path.join(root, "replaced")
                os.rmdir(replaced)
                os.mkdir(replaced)
                return True
        except OSError:
            return False
        finally:
            remove_tree(lower)

    def _register(self, emulator: Emulator) -> bool:
        target = self.path("binfmt")
        os.mkdir(target)
        with deferred():
            try:
                namespaces.mount_binfmt(target, emulator.binfmt_rule())
            except OSError:
                return False
            self._cleanup.callback(namespaces.unmount, target)
        return True


@contextlib.contextmanager
def open_scratch(emulator: Emulator | None, size: int) -> Iterator[Scratch]:
    """Makes a scratch directory for an image, and removes it on exit.

    Moves this process to namespaces of its own; see `namespaces.enter`.

    Args:
        emulator: runs the image's programs; None if this machine runs them natively.
        size: bytes of the image's compressed layers.
    """
    os.umask(0o022)  # Modes are set explicitly; only mkdir's default depends on it.
    cleanup = contextlib.ExitStack()
    try:
        with deferred():
            parent = os.environ.get("TEST_TMPDIR")
            directory = tempfile.mkdtemp(prefix="structure_test-", dir=parent)
            cleanup.callback(remove_tree, directory)
        # A setgid parent may give the directory a group that the user namespace does not have.
        os.chown(directory, -1, os.getegid())
        os.chmod(directory, 0o700)
        yield Scratch(directory, cleanup, emulator, size)
    finally:
        with deferred():
            cleanup.close()
