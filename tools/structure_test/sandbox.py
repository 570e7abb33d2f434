"""Fresh copies of an image in which commands run, as close to a container as a user can get."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.rootfs.tree import FileLocation, PathError, Tree
from tools.structure_test.bubblewrap import Bubblewrap, Outcome, not_started
from tools.structure_test.config import BindMount
from tools.structure_test.emulation import Emulator, is_registered
from tools.structure_test.engine_files import FILES, HOSTNAME
from tools.structure_test.image import ImageFiles
from tools.structure_test.limits import Limits, available_memory, kernel_counts_by_namespace
from tools.structure_test.mount_points import MountPoints
from tools.structure_test.scratch import Scratch
from tools.structure_test.sparse import copy_sparse
from tools.structure_test.system_mounts import system_mounts
from tools.structure_test.unpack import effective_mode, set_modes, unpack
from tools.structure_test.users import User

_EMULATOR_PATH = "/.qemu"
_NO_EXEC = "Exec format error"
_EMULATED_ALONE = (
    "to run the programs that it starts, this machine needs Linux 6.7, or Debian's package "
    "qemu-user-static (Debian 12) or qemu-user-binfmt (later)"
)
# The capabilities that container engines leave to root.
_ROOT_CAPABILITIES = (
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
)


@dataclass(frozen=True, slots=True)
class ProcessOptions:
    """How the commands of a copy run."""

    user: User
    privileged: bool = False
    tty: bool = False
    capabilities: tuple[str, ...] = ()
    bind_mounts: tuple[BindMount, ...] = ()


Run = Callable[[Sequence[str], Mapping[str, str]], Outcome]
"""Runs a command with its environment, which has PATH, in a copy of the image."""


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copy of the image."""

    root: str
    disk: str | None
    """A directory whose growth counts as disk use; None if the kernel limits it."""


class Sandbox:
    """Makes copies of an image's files, and runs commands in them.

    Args:
        image: opened with the pool of `scratch`.
        scratch: where the image is unpacked.
        bwrap: path of bubblewrap.
        limits: of each command.
        deadline: time.monotonic() at which every command must have ended.
        read_only: whether commands cannot write to the root file system, except to an empty /tmp.
    """

    def __init__(
        self,
        image: ImageFiles,
        scratch: Scratch,
        bwrap: str,
        limits: Limits,
        deadline: float,
        read_only: bool = False,
    ) -> None:
        self._image = image
        self._scratch = scratch
        counts_apart = scratch.namespaced and kernel_counts_by_namespace()
        self._bubblewrap = Bubblewrap(
            bwrap, scratch.identity, counts_apart or scratch.identity is not None
        )
        self._limits = limits
        self._deadline = deadline
        self._read_only = read_only
        self._copies = 0
        self._user: User | None = None  # whom the modes of the unpacked image suit

    @contextlib.contextmanager
    def copy(self, process: ProcessOptions) -> Iterator[Run]:
        """A fresh copy of the image, in which commands run one after the other."""
        with self._copy(process.user) as copy:
            yield lambda command, env: self._run(copy, process, command, env)

    @contextlib.contextmanager
    def _copy(self, user: User) -> Iterator[_Copy]:
        tree, scratch = self._image.tree, self._scratch
        self._copies += 1
        name = f"copy{self._copies}"
        if scratch.overlay:
            lower = scratch.path("image")
            if self._user is None:
                self._unpack(lower, self._move_from_pool)
            if self._user != user:
                set_modes(tree, lower, user)
                self._user = user
            with (
                scratch.copy_space(name, self._limits.disk) as space,
                scratch.mounted_overlay("image", name) as root,
            ):
                # The root of an overlay has the mode of the directory for changes.
                os.chmod(root, effective_mode(tree.root, user))
                self._open_workdir(root, user)
                yield _Copy(root, None if space.limited else scratch.path(name, "upper"))
        else:
            size = _unpacked_size(tree) + self._limits.disk
            with scratch.copy_space(name, size) as space:
                root = scratch.path(name, "root")
                self._unpack(root, self._copy_from_pool)
                set_modes(tree, root, user)
                self._open_workdir(root, user)
                yield _Copy(root, None if space.limited else root)

    def _unpack(self, root: str, create_file: Callable[[FileLocation, bytes], None]) -> None:
        tree, set_owner = self._image.tree, self._scratch.set_owner
        unpack(tree, root, create_file, set_owner)
        for path, content in FILES.items():
            with contextlib.suppress(PathError):
                found = tree.resolve(path)
                if found.inode.is_file:
                    file = os.fsencode(root) + path_bytes(found.path)
                    os.unlink(file)
                    with open(file, "xb") as out:
                        out.write(content)
                    set_owner(file)

    def _open_workdir(self, root: str, user: User) -> None:
        """Lets the user into the working directory, which engines enter while they are root."""
        tree = self._image.tree
        with contextlib.suppress(PathError):
            path = b""
            for name in tree.resolve(self._image.config.workdir).path.split("/")[1:]:
                path += b"/" + path_bytes(name)
                inode = tree.resolve(path.decode("utf-8", "surrogateescape")).inode
                mode = effective_mode(inode, user)
                if inode.is_dir and not mode & 0o100:
                    os.chmod(os.fsencode(root) + path, mode | 0o100)

    def _run(
        self, copy: _Copy, process: ProcessOptions, command: Sequence[str], env: Mapping[str, str]
    ) -> Outcome:
        emulator = self._explicit_emulator()
        directory_mode = 0o755 if process.user.uid == 0 else 0o555
        try:
            with MountPoints(copy.root, self._scratch.identity, directory_mode) as points:
                options = self._options(copy.root, points, process, emulator)
            for key, value in env.items():
                options += ["--setenv", key, value]
            argv = list(command)
            if emulator is not None:
                program = self._find_program(command[0], env["PATH"])
                argv = [_EMULATOR_PATH, "-0", command[0], program, *command[1:]]
        except PathError as error:
            return not_started(str(error))
        remaining = max(0.0, self._deadline - time.monotonic())
        limits = replace(self._limits, seconds=min(self._limits.seconds, remaining))
        outcome = self._bubblewrap.run(
            options, argv, limits=limits, tty=process.tty, disk=copy.disk
        )
        if emulator is not None and _NO_EXEC in outcome.stderr:
            note = f"({emulator.path} ran only {command[0]}: {_EMULATED_ALONE})\n"
            return replace(outcome, stderr=outcome.stderr + note)
        return outcome

    def _options(
        self, root: str, points: MountPoints, process: ProcessOptions, emulator: Emulator | None
    ) -> list[str | bytes]:
        user = process.user
        memory_size = min(self._limits.disk, available_memory() // 2)
        options: list[str | bytes] = ["--unshare-user", "--unshare-ipc", "--unshare-pid"]
        # The capabilities of a root user only apply to a network that its namespace owns.
        if user.uid == 0 or not self._scratch.namespaced:
            options.append("--unshare-net")
        options += ["--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session"]
        options += ["--uid", str(user.uid), "--gid", str(user.gid), "--hostname", HOSTNAME]
        options += ["--bind", root, "/", *system_mounts(points, memory_size)]
        if emulator is not None:
            source = self._scratch.reachable(emulator.path)
            options += ["--ro-bind", source, points.add(_EMULATOR_PATH, source)]
        if self._read_only:
            tmp = points.add("/tmp", root)
            options += ["--perms", "1777", "--size", str(memory_size), "--tmpfs", tmp]
        for mount in process.bind_mounts:
            options += self._bind_mount(points, mount)
        options += ["--remount-ro", "/dev"]
        try:
            workdir = points.directory(self._image.config.workdir)
        except PathError as error:
            raise PathError(f"working directory: {error}") from None
        if self._read_only:
            options += ["--remount-ro", "/"]
        options += ["--chdir", workdir, "--cap-drop", "ALL"]
        capabilities = [*process.capabilities]
        if process.privileged:
            options += ["--cap-add", "ALL"]
        elif user.uid == 0:
            capabilities += _ROOT_CAPABILITIES
        for capability in capabilities:
            options += ["--cap-add", f"CAP_{capability}"]
        return options

    def _bind_mount(self, points: MountPoints, mount: BindMount) -> list[str | bytes]:
        try:
            source = self._scratch.reachable(mount.source)
            path = points.add(mount.target, source)
        except OSError as error:
            raise ToolError(
                f"bind mount {mount.source}: {error.strerror}",
                "list files of the workspace in the `data` of the test",
            ) from None
        return ["--ro-bind" if mount.read_only else "--bind", source, path]

    def _explicit_emulator(self) -> Emulator | None:
        """The emulator to put in front of commands; None if the kernel starts it."""
        emulator = self._scratch.emulator
        if emulator is None or self._scratch.binfmt or is_registered(emulator):
            return None
        return emulator

    def _find_program(self, name: str, search_path: str) -> str:
        """The path that execvp would start, found in the image."""
        if "/" in name:
            return name
        for directory in search_path.split(":"):
            path = f"{directory or '.'}/{name}"
            with contextlib.suppress(PathError):
                inode = self._image.tree.resolve(path).inode
                if inode.is_file and inode.mode & 0o111:
                    return path
        raise PathError("No such file or directory")

    def _move_from_pool(self, source: FileLocation, path: bytes) -> None:
        os.rename(self._image.pooled(source), path)

    def _copy_from_pool(self, source: FileLocation, path: bytes) -> None:
        copy_sparse(self._image.pooled(source), path)


def _unpacked_size(tree: Tree) -> int:
    """Bytes that an unpacked image takes in a tmpfs, roughly."""
    inodes = {id(at.inode): at.inode.size for at in tree.walk()}
    return sum(size + 8191 for size in inodes.values())
