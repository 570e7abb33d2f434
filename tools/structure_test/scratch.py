"""The directory where an image is unpacked and copied, and the mounts that are possible in it.

What the machine allows is found by trying. If something is missing, tests run all the same, only
slower: on disk instead of in memory, in copies instead of overlays, and with the emulator in front
of each command instead of registered with the kernel.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator

from tools.structure_test import namespaces
from tools.structure_test.emulation import Emulator
from tools.structure_test.unpack import remove_tree

_UNPACKED_RATIO = 8  # An unpacked image is rarely larger than its layers times this.
MAX_IN_MEMORY = 256 << 20
"""Bytes of compressed layers. Less memory may be free than the kernel says."""


class Scratch:
    """A scratch directory. `open_scratch` makes one.

    Attributes:
        emulator: runs the image's programs; None if this machine runs them natively.
        own_network: whether this process has a network namespace of its own, with only loopback.
        overlay: whether overlays can be mounted in the directory.
        binfmt: whether the kernel starts `emulator` for every foreign program.
        pool: directory for the content of the image's files.
    """

    def __init__(self, directory: str, emulator: Emulator | None, size: int) -> None:
        self._directory = directory
        self._mounts = contextlib.ExitStack()
        self.emulator = emulator
        self.overlay = False
        self.binfmt = False
        self.own_network = namespaces.enter(directory)
        if self.own_network:
            self.overlay = self._mount_best(size)
            self.binfmt = emulator is not None and self._register(emulator)
        self.pool = self.path("pool")
        os.mkdir(self.pool)

    def path(self, *names: str) -> str:
        """A path in the directory."""
        return os.path.join(self._directory, *names)

    def close(self) -> None:
        """Unmounts everything."""
        self._mounts.close()

    @contextlib.contextmanager
    def mounted_overlay(self, lower: str, name: str) -> Iterator[str]:
        """Mounts an overlay of `lower` that writes changes to `name`. Yields its root.

        Both arguments are names of directories in this one.
        """
        for part in ("upper", "work", "root"):
            os.mkdir(self.path(name, part))
        root = f"{name}/root"
        namespaces.mount_overlay(self._directory, lower, f"{name}/upper", f"{name}/work", root)
        try:
            yield self.path(root)
        finally:
            namespaces.unmount(self.path(root))

    def _mount_best(self, size: int) -> bool:
        """Mounts a tmpfs if the image fits, but prefers overlays. Returns whether they work."""
        if size > min(MAX_IN_MEMORY, _available_memory() // _UNPACKED_RATIO):
            return self._try_overlay()
        self._mount_tmpfs()
        if self._try_overlay():
            return True
        # Before Linux 6.6, tmpfs had no user extended attributes, which overlays need.
        self._mounts.close()
        if self._try_overlay():
            return True
        self._mount_tmpfs()
        return False

    def _mount_tmpfs(self) -> None:
        namespaces.mount_tmpfs(self._directory)
        self._mounts.callback(namespaces.unmount, self._directory)

    def _try_overlay(self) -> bool:
        """Whether an overlay works here. Replaces a directory, which needs extended attributes."""
        os.makedirs(self.path("lower", "replaced"))
        os.mkdir(self.path("try"))
        try:
            with self.mounted_overlay("lower", "try") as root:
                replaced = os.path.join(root, "replaced")
                os.rmdir(replaced)
                os.mkdir(replaced)
                return True
        except OSError:
            return False
        finally:
            remove_tree(self.path("try"))
            remove_tree(self.path("lower"))

    def _register(self, emulator: Emulator) -> bool:
        target = self.path("binfmt")
        os.mkdir(target)
        try:
            namespaces.mount_binfmt(target, emulator.binfmt_rule())
        except OSError:
            return False
        self._mounts.callback(namespaces.unmount, target)
        return True


@contextlib.contextmanager
def open_scratch(emulator: Emulator | None, size: int) -> Iterator[Scratch]:
    """Makes a scratch directory for an image, and removes it on exit.

    Moves this process to namespaces of its own; see `namespaces.enter`.

    Args:
        emulator: runs the image's programs; None if this machine runs them natively.
        size: bytes of the image's compressed layers.
    """
    directory = tempfile.mkdtemp(prefix="structure_test-", dir=os.environ.get("TEST_TMPDIR"))
    try:
        # A setgid parent may give the directory a group that the user namespace does not have.
        os.chown(directory, -1, os.getegid())
        os.chmod(directory, 0o700)
        with contextlib.closing(Scratch(directory, emulator, size)) as scratch:
            yield scratch
    finally:
        remove_tree(directory)


def _available_memory() -> int:
    """Bytes of available memory, from proc(5); 0 if unknown."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["MemAvailable"].split()[0]) << 10
    except (OSError, KeyError, ValueError):
        return 0
