"""Fresh copies of an image in which commands run, as near to containers as a user can get."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tools.lib.imagefs import PathError, Source
from tools.structure_test import bubblewrap, namespaces
from tools.structure_test.emulation import Emulator, find_emulator, is_registered
from tools.structure_test.image import ImageFiles
from tools.structure_test.schema import BindMount
from tools.structure_test.unpack import remove_tree, set_modes, unpack
from tools.structure_test.users import User

_HOSTNAME = "structure-test"
_HOSTS = f"127.0.0.1\tlocalhost {_HOSTNAME}\n::1\tlocalhost ip6-localhost ip6-loopback\n"
_PREFIX_AT = "/.qemu"
# What container engines leave to root.
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


class Process(NamedTuple):
    """How a command runs."""

    user: User
    env: dict[str, str]
    privileged: bool = False
    tty: bool = False
    capabilities: tuple[str, ...] = ()
    bind_mounts: tuple[BindMount, ...] = ()


Run = Callable[[Sequence[str]], bubblewrap.Outcome]


class Sandbox:
    """Makes copies of one image's files, in one scratch directory.

    Args:
        image: opened with a pool, on the file system of `scratch`.
        scratch: a directory, the caller's to remove by `remove_tree`.
        timeout: seconds that a command may take.

    Raises:
        ToolError: bubblewrap, or an emulator that the image needs, is not on this machine.
    """

    def __init__(self, image: ImageFiles, scratch: str, timeout: float) -> None:
        self._image = image
        self._scratch = scratch
        self._timeout = timeout
        self._bwrap = bubblewrap.find_bubblewrap()
        self._emulator = find_emulator(image.platform.architecture)
        self._copies = 0
        for name in ("lower", "upper", "work", "merged", "binfmt"):
            os.mkdir(os.path.join(scratch, name))
        for name, text in (("hosts", _HOSTS), ("hostname", _HOSTNAME + "\n")):
            with open(os.path.join(scratch, name), "w", encoding="ascii") as file:
                file.write(text)
        self._overlay = not namespaces.attempt(self._try_overlay)
        self._binfmt = self._emulator is not None and not namespaces.attempt(self._try_binfmt)
        self._root = ""  # where the image is unpacked, if an overlay is laid over it

    @contextlib.contextmanager
    def copy(self, process: Process) -> Iterator[Run]:
        """A fresh copy of the image, in which commands run one after the other."""
        self._copies += 1
        directory = os.path.join(self._scratch, f"copy{self._copies}")
        os.mkdir(directory)
        try:
            if self._overlay:
                for name in ("upper", "work", "root"):
                    os.mkdir(os.path.join(directory, name))
                self._unpack_once()
                set_modes(self._image.tree, self._root, process.user)
            else:
                root = os.path.join(directory, "root")
                unpack(self._image.tree, root, self._place_copy)
                set_modes(self._image.tree, root, process.user)
            yield lambda command: self._run(directory, process, command)
        finally:
            remove_tree(directory)

    def _run(self, directory: str, process: Process, command: Sequence[str]) -> bubblewrap.Outcome:
        def stage() -> None:
            os.umask(0o022)
            if not self._overlay and not self._binfmt:
                return
            namespaces.enter()
            if self._overlay:
                # Relative, for the mount's options know no way to write every path.
                os.chdir(self._scratch)
                name = os.path.basename(directory)
                namespaces.mount_overlay("image", f"{name}/upper", f"{name}/work", f"{name}/root")
            if self._binfmt and self._emulator is not None:
                namespaces.mount_binfmt(f"{self._scratch}/binfmt", [self._emulator.binfmt_rule()])
            os.chdir("/")

        try:
            options = self._options(os.path.join(directory, "root"), process)
        except PathError as error:
            return bubblewrap.Outcome(None, "", "", f"could not be started: {error}")
        prefix = self._prefix()
        if prefix is not None:
            options += ["--ro-bind", prefix.path, _PREFIX_AT]
            try:
                program = self._find_program(command[0], process.env["PATH"])
            except PathError as error:
                return bubblewrap.Outcome(None, "", "", f"could not be started: {error}")
            command = [_PREFIX_AT, "-0", command[0], program, *command[1:]]
        return bubblewrap.run(
            self._bwrap, options, command, stage=stage, timeout=self._timeout, tty=process.tty
        )

    def _options(self, root: str, process: Process) -> list[str]:
        tree, config, user = self._image.tree, self._image.config, process.user
        workdir = tree.locate(config.workdir)
        options = ["--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net"]
        options += ["--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session"]
        options += ["--uid", str(user.uid), "--gid", str(user.gid), "--hostname", _HOSTNAME]
        options += ["--bind", root, "/", "--proc", "/proc", "--dev", "/dev"]
        options += ["--ro-bind", "/sys", "/sys"]
        for name in ("hosts", "hostname"):
            options += ["--ro-bind", os.path.join(self._scratch, name), tree.locate(f"/etc/{name}")]
        # Engines make them, as root; here the user owns what is made, so root's bits are left out.
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

    def _prefix(self) -> Emulator | None:
        """The emulator, if the kernel does not start it by itself."""
        if self._emulator is None or self._binfmt or is_registered(self._emulator):
            return None
        return self._emulator

    def _find_program(self, name: str, search: str) -> str:
        """The path that execvp would start, in the image as it is."""
        if "/" in name:
            return name
        for directory in search.split(":"):
            path = f"{directory or '.'}/{name}"
            with contextlib.suppress(PathError):
                inode = self._image.tree.resolve(path).inode
                if inode.is_file and inode.mode & 0o111:
                    return path
        raise PathError("No such file or directory")

    def _unpack_once(self) -> None:
        if not self._root:
            self._root = os.path.join(self._scratch, "image")
            unpack(self._image.tree, self._root, self._place_itself)

    def _place_itself(self, source: Source, path: bytes) -> None:
        os.rename(self._image.pooled(source), path)

    def _place_copy(self, source: Source, path: bytes) -> None:
        shutil.copyfile(self._image.pooled(source), path)

    def _try_overlay(self) -> None:
        namespaces.enter()
        os.chdir(self._scratch)
        namespaces.mount_overlay("lower", "upper", "work", "merged")
        os.mkdir("merged/try")

    def _try_binfmt(self) -> None:
        assert self._emulator is not None
        namespaces.enter()
        namespaces.mount_binfmt(f"{self._scratch}/binfmt", [self._emulator.binfmt_rule()])
