"""The directory in which an image is unpacked and copied, and what may be mounted there.

What this machine allows is found by trying, so that everything runs everywhere, only slower: in
memory or on the disk; copies by an overlay or file by file; an emulator that the kernel starts or
one that is put before the command.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator

from tools.structure_test import namespaces
from tools.structure_test.emulation import Emulator
from tools.structure_test.unpack import remove_tree

# An unpacked image is rarely that many times larger than its layers.
_RATIO = 8
MAX_IN_MEMORY = 256 << 20  # bytes of compressed layers; memory may be less than the kernel says


class Workshop:
    """A scratch directory, removed on exit.

    Attributes:
        own_network: whether this process has a network of its own, with loopback alone.
        overlay: whether overlays can be mounted there.
        binfmt: whether the kernel starts `emulator` by itself, for all that a command starts.
    """

    def __init__(self, directory: str, emulator: Emulator | None, size: int) -> None:
        self._directory = directory
        self._mounts = contextlib.ExitStack()
        self.emulator = emulator
        self.overlay = False
        self.binfmt = False
        self.own_network = namespaces.enter(directory)
        if self.own_network:
            self.overlay = self._settle(size)
            self.binfmt = emulator is not None and self._register(emulator)
        self.pool = self.path("pool")
        os.mkdir(self.pool)

    def path(self, *names: str) -> str:
        """A path in the directory."""
        return os.path.join(self._directory, *names)

    def close(self) -> None:
        self._mounts.close()

    @contextlib.contextmanager
    def overlaid(self, lower: str, name: str) -> Iterator[str]:
        """Mounts the directory `lower` with changes going to `name`; both are names here."""
        for part in ("upper", "work", "root"):
            os.mkdir(self.path(name, part))
        root = f"{name}/root"
        namespaces.mount_overlay(self._directory, lower, f"{name}/upper", f"{name}/work", root)
        try:
            yield self.path(root)
        finally:
            namespaces.unmount(self.path(root))

    def _settle(self, size: int) -> bool:
        """Prefers memory, and more than that overlays; whether there are overlays."""
        if size > min(MAX_IN_MEMORY, _available_memory() // _RATIO):
            return self._has_overlays()
        self._mount_memory()
        if self._has_overlays():
            return True
        # Linux before 6.6 has no extended attributes of users there.
        self._mounts.close()
        if self._has_overlays():
            return True
        self._mount_memory()
        return False

    def _mount_memory(self) -> None:
        namespaces.mount_tmpfs(self._directory)
        self._mounts.callback(namespaces.unmount, self._directory)

    def _has_overlays(self) -> bool:
        """Tries what needs most of the file system: a directory that is removed and made anew."""
        os.makedirs(self.path("lower", "made"))
        os.mkdir(self.path("try"))
        try:
            with self.overlaid("lower", "try") as root:
                made = os.path.join(root, "made")
                os.rmdir(made)
                os.mkdir(made)
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
def open_workshop(emulator: Emulator | None, size: int) -> Iterator[Workshop]:
    """Makes a workshop for an image.

    This process has namespaces of its own from then on, see `namespaces.enter`.

    Args:
        emulator: what runs the image's programs, if this machine does not.
        size: bytes of the image's layers, compressed.
    """
    directory = tempfile.mkdtemp(prefix="structure_test-", dir=os.environ.get("TEST_TMPDIR"))
    try:
        # The parent may hand on a group that a user namespace of ours would not have.
        os.chown(directory, -1, os.getegid())
        os.chmod(directory, 0o700)
        with contextlib.closing(Workshop(directory, emulator, size)) as workshop:
            yield workshop
    finally:
        remove_tree(directory)


def _available_memory() -> int:
    """Bytes, as proc(5) tells them; none where it does not."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["MemAvailable"].split()[0]) << 10
    except (OSError, KeyError, ValueError):
        return 0
