"""Namespaces of this process, for mounts that not every version of bubblewrap can make.

In a user namespace an ordinary user may mount a tmpfs, to unpack images in memory and to limit what
a command writes; an overlay (Linux 5.11), to give every command a fresh copy of the image at no
cost; and a binfmt_misc (Linux 6.7), so that programs of other architectures can start each other.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
from collections.abc import Callable, Iterator, Mapping

from tools.structure_test.identity import Identity
from tools.structure_test.signals import deferred

_CLONE_NEWNS = 0x00020000
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_MS_BIND = 1 << 12
_MS_REC = 1 << 14
_MS_PRIVATE = 1 << 18
_MNT_DETACH = 2
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1
_FIRST_PORT = "/proc/sys/net/ipv4/ip_unprivileged_port_start"

SECOND = Identity(1, 1)
"""The second identity of `enter`, in numbers of the new user namespace."""

_libc = ctypes.CDLL(None, use_errno=True)


def enter(directory: str, second: Identity | None) -> bool:
    """Moves this process to new user, mount and network namespaces, in which it is root.

    The process must have a single thread. From then on, files of other users appear to belong to
    nobody, and this process has the access to them that everyone has.

    Args:
        directory: where to try a mount.
        second: another identity to map, as `SECOND`. Only root can map one.

    Returns:
        Whether the process moved. A child process tries first, because there is no way back, and
        some machines allow namespaces but no mounts in them (AppArmor on Ubuntu 24.04).
    """

    def trial() -> None:
        _enter(second)
        mount_tmpfs(directory)

    if not _succeeds(trial):
        return False
    _enter(second)
    return True


def mount_tmpfs(target: str, size: int = 0, mode: int = 0o700) -> None:
    """Mounts an empty tmpfs.

    Args:
        target: a directory.
        size: bytes that it may hold; 0: the kernel's default.
        mode: permissions of its root.
    """
    # An inode takes about a KiB of memory, which does not count as size.
    limits = f",size={size},nr_inodes={max(1024, size >> 12)}" if size else ""
    _mount("tmpfs", target, "tmpfs", 0, f"mode={mode:04o}{limits}")


def mount_bind(source: str, target: str) -> None:
    """Mounts a directory or a file, with what is mounted below it, in another place."""
    _mount(source, target, None, _MS_BIND | _MS_REC, None)


def mount_overlay(directory: str, lower: str, upper: str, work: str, target: str) -> None:
    """Mounts an overlay of `lower` that writes changes to `upper`.

    All names are relative to `directory`, whose path may have characters that mount options cannot
    represent.
    """
    # Without `volatile`, unmounting the overlay syncs the file system of `upper`.
    options = f"lowerdir={lower},upperdir={upper},workdir={work},userxattr,volatile"
    here = os.open(".", os.O_PATH)
    try:
        os.chdir(directory)
        _mount("overlay", target, "overlay", 0, options)
    finally:
        os.fchdir(here)
        os.close(here)


def mount_binfmt(target: str, rule: bytes) -> None:
    """Mounts a binfmt_misc with one rule, for this user namespace and its descendants."""
    _mount("binfmt_misc", target, "binfmt_misc", 0, None)
    try:
        with open(f"{target}/register", "wb", buffering=0) as register:
            register.write(rule)
    except OSError:
        unmount(target)
        raise


def unmount(target: str) -> None:
    """Detaches a mount. Processes that use it keep it."""
    if _libc.umount2(os.fsencode(target), _MNT_DETACH) != 0:
        raise _last_error(f"unmount of {target}")


def _enter(second: Identity | None) -> None:
    uid, gid = os.geteuid(), os.getegid()
    if second is None:
        _unshare(_CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWNET)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"0 {uid} 1")
        _write("/proc/self/gid_map", f"0 {gid} 1")
    else:
        maps = {
            "uid_map": f"0 {uid} 1\n{SECOND.uid} {second.uid} 1",
            "gid_map": f"0 {gid} 1\n{SECOND.gid} {second.gid} 1",
        }
        with _mapped_from_outside(maps):
            _unshare(_CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWNET)
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE, None)
    _set_up_network()


@contextlib.contextmanager
def _mapped_from_outside(maps: Mapping[str, str]) -> Iterator[None]:
    """Writes maps of more than one id after the body has moved this process.

    Only a process in the old user namespace may write them (user_namespaces(7)): a child.
    """
    parent = os.getpid()
    moved, moved_end = os.pipe()

    def write_maps() -> None:
        os.close(moved_end)
        if not os.read(moved, 1):
            raise OSError("the parent has not moved")
        for name, text in maps.items():
            _write(f"/proc/{parent}/{name}", text)

    child = _fork(write_maps)
    os.close(moved)
    try:
        yield
        os.write(moved_end, b"\0")
    finally:
        os.close(moved_end)
        status = os.waitpid(child, 0)[1]
    if status != 0:
        raise OSError("maps of a user namespace cannot be written")


def _set_up_network() -> None:
    """Brings up the loopback device, and lets every user listen on every port."""
    import fcntl
    import socket

    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
    # Container engines allow this. It fails if /proc is read-only.
    with contextlib.suppress(OSError):
        _write(_FIRST_PORT, "0")


def _succeeds(action: Callable[[], None]) -> bool:
    """Whether `action` succeeds in a child process."""
    return os.waitpid(_fork(action), 0)[1] == 0


def _fork(action: Callable[[], None]) -> int:
    """Starts a child process that does nothing but `action`. Its status is 0 on success."""
    # Python ignores exceptions, and so signals, in what modules do before and after a fork.
    with deferred():
        child = os.fork()
    if child == 0:
        status = 1
        try:
            action()
            status = 0
        finally:
            os._exit(status)
    return child


def _unshare(flags: int) -> None:
    if _libc.unshare(flags) != 0:
        raise _last_error("user namespace")


def _mount(source: str, target: str, kind: str | None, flags: int, options: str | None) -> None:
    if _libc.mount(
        os.fsencode(source),
        os.fsencode(target),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode() if options else None,
    ):
        raise _last_error(f"mount of {kind or source}")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _last_error(what: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), what)
