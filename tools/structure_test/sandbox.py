"""Fresh copies of an image in which commands run, as close to a container as a user can get."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tools.lib.rootfs.tree import FileLocation, PathError
from tools.structure_test import bubblewrap
from tools.structure_test.config import BindMount
from tools.structure_test.emulation import Emulator, is_registered
from tools.structure_test.image import ImageFiles
from tools.structure_test.scratch import Scratch
from tools.structure_test.unpack import effective_mode, remove_tree, set_modes, unpack
from tools.structure_test.users import User

_HOSTNAME = "structure-test"
_HOSTS = f"127.0.0.1\tlocalhost {_HOSTNAME}\n::1\tlocalhost ip6-localhost ip6-loopback\n"
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
class Process:
    """How a command runs."""

    user: User
    env: Mapping[str, str]
    privileged: bool = False
    tty: bool = False
    capabilities: tuple[str, ...] = ()
    bind_mounts: tuple[BindMount, ...] = ()


Run = Callable[[Sequence[str]], bubblewrap.Outcome]
"""Runs a command in a copy of the image."""


class Sandbox:
    """Makes copies of an image's files, and runs commands in them.

    Args:
        image: opened with the pool of `scratch`.
        scratch: where the image is unpacked.
        bwrap: path of bubblewrap.
        timeout: seconds that a command may take.
        deadline: time.monotonic() at which every command must have ended.
    """

    def __init__(
        self, image: ImageFiles, scratch: Scratch, bwrap: str, timeout: float, deadline: float
    ) -> None:
        self._image = image
        self._scratch = scratch
        self._bwrap = bwrap
        self._timeout = timeout
        self._deadline = deadline
        self._copies = 0
        self._user: User | None = None  # whom the modes of the unpacked image suit
        for name, text in (("hosts", _HOSTS), ("hostname", _HOSTNAME + "\n")):
            with open(scratch.path(name), "w", encoding="ascii") as file:
                file.write(text)

    @contextlib.contextmanager
    def copy(self, process: Process) -> Iterator[Run]:
        """A fresh copy of the image, in which commands run one after the other."""
        self._copies += 1
        name = f"copy{self._copies}"
        os.mkdir(self._scratch.path(name))
        try:
            with self._root(name, process.user) as root:
                yield lambda command: self._run(root, process, command)
        finally:
            remove_tree(self._scratch.path(name))

    @contextlib.contextmanager
    def _root(self, name: str, user: User) -> Iterator[str]:
        tree, root = self._image.tree, self._scratch.path(name, "root")
        if not self._scratch.overlay:
            unpack(tree, root, self._copy_from_pool)
            set_modes(tree, root, user)
            self._open_workdir(root, user)
            yield root
            return
        lower = self._scratch.path("image")
        if self._user is None:
            unpack(tree, lower, self._move_from_pool)
        if self._user != user:
            set_modes(tree, lower, user)
            self._user = user
        with self._scratch.mounted_overlay("image", name) as root:
            # The root of an overlay has the mode of the directory for changes.
            os.chmod(root, effective_mode(tree.root, user))
            self._open_workdir(root, user)
            yield root

    def _workdir(self) -> str:
        """The path of the working directory without links. It may not exist."""
        tree = self._image.tree
        path = tree.locate(self._image.config.workdir)
        try:
            inode = tree.resolve(path).inode
        except PathError:
            return path
        if not inode.is_dir:
            raise PathError(f"the working directory {path} is not a directory")
        return path

    def _open_workdir(self, root: str, user: User) -> None:
        """Lets the user into the working directory, which engines enter while they are root."""
        path = ""
        with contextlib.suppress(PathError):
            for name in self._workdir().split("/")[1:]:
                path = f"{path}/{name}"
                inode = self._image.tree.resolve(path, follow=False).inode
                mode = effective_mode(inode, user)
                if inode.is_dir and not mode & 0o100:
                    os.chmod(root + path, mode | 0o100)

    def _run(self, root: str, process: Process, command: Sequence[str]) -> bubblewrap.Outcome:
        emulator = self._explicit_emulator()
        try:
            options = self._options(root, process)
            if emulator is not None:
                options += ["--ro-bind", emulator.path, _EMULATOR_PATH]
                program = self._find_program(command[0], process.env["PATH"])
                command = [_EMULATOR_PATH, "-0", command[0], program, *command[1:]]
        except PathError as error:
            return bubblewrap.Outcome(None, "", "", f"could not be started: {error}")
        timeout = min(self._timeout, max(0.0, self._deadline - time.monotonic()))
        outcome = bubblewrap.run(self._bwrap, options, command, timeout=timeout, tty=process.tty)
        if emulator is not None and _NO_EXEC in outcome.stderr:
            note = f"({emulator.path} ran only {command[2]}: {_EMULATED_ALONE})\n"
            return replace(outcome, stderr=outcome.stderr + note)
        return outcome

    def _options(self, root: str, process: Process) -> list[str]:
        tree, config, user = self._image.tree, self._image.config, process.user
        workdir = self._workdir()
        options = ["--unshare-user", "--unshare-ipc", "--unshare-pid"]
        # The capabilities of a root user only apply to a network that its namespace owns.
        if user.uid == 0 or not self._scratch.own_network:
            options.append("--unshare-net")
        options += ["--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session"]
        options += ["--uid", str(user.uid), "--gid", str(user.gid), "--hostname", _HOSTNAME]
        options += ["--bind", root, "/", "--proc", "/proc", "--dev", "/dev"]
        options += ["--ro-bind", "/sys", "/sys"]
        for name in ("hosts", "hostname"):
            options += ["--ro-bind", self._scratch.path(name), tree.locate(f"/etc/{name}")]
        # Engines create these as root. Here they belong to the user, so root's bits are left out.
        mode = "0755" if user.uid == 0 else "0555"
        for path in (workdir, *map(tree.locate, config.volumes)):
            options += ["--perms", mode, "--dir", path]
        for mount in process.bind_mounts:
            option = "--ro-bind" if mount.read_only else "--bind"
            options += [option, os.path.abspath(mount.source), tree.locate(mount.target)]
        options += ["--chdir", workdir, "--cap-drop", "ALL"]
        capabilities = [*process.capabilities]
        if process.privileged:
            options += ["--cap-add", "ALL"]
        elif user.uid == 0:
            capabilities += _ROOT_CAPABILITIES
        for capability in capabilities:
            options += ["--cap-add", f"CAP_{capability}"]
        for key, value in process.env.items():
            options += ["--setenv", key, value]
        return options

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
        shutil.copyfile(self._image.pooled(source), path)
