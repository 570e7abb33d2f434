"""Linux namespaces of our own around bubblewrap, for what it does not do itself in every version.

In a user namespace an ordinary user may mount an overlay (Linux 5.11), so that every command has a
fresh copy of the image at no cost, and a binfmt_misc (Linux 6.7), so that programs of other
architectures run, started by whichever program.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

_CLONE_NEWNS = 0x00020000
_CLONE_NEWUSER = 0x10000000
_MS_REC = 1 << 14
_MS_PRIVATE = 1 << 18

_libc = ctypes.CDLL(None, use_errno=True)


def enter() -> None:
    """Moves this process, which must have one thread, to new user and mount namespaces, as root.

    Raises:
        OSError: this machine does not let its users have namespaces.
    """
    uid, gid = os.geteuid(), os.getegid()
    if _libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNS) != 0:
        raise _last_error("user namespace")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"0 {uid} 1")
    _write("/proc/self/gid_map", f"0 {gid} 1")
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE, None)


def mount_overlay(lower: str, upper: str, work: str, target: str) -> None:
    """Mounts `lower` with changes going to `upper`; all are directories, named without `,:\\`."""
    options = f"lowerdir={lower},upperdir={upper},workdir={work},userxattr"
    _mount("overlay", target, "overlay", 0, options)


def mount_binfmt(target: str, rules: list[bytes]) -> None:
    """Mounts a binfmt_misc for this user namespace and those below, and gives it `rules`."""
    _mount("binfmt_misc", target, "binfmt_misc", 0, None)
    for rule in rules:
        with open(f"{target}/register", "wb", buffering=0) as register:
            register.write(rule)


def attempt(action: Callable[[], None]) -> str:
    """Tries `action` in a child process; what went wrong, or nothing."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            action()
        except OSError as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as report:
        message = report.read().decode("utf-8", "replace")
    os.waitpid(child, 0)
    return message


def _mount(source: str, target: str, kind: str | None, flags: int, options: str | None) -> None:
    if _libc.mount(
        source.encode(),
        os.fsencode(target),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode() if options else None,
    ):
        raise _last_error(f"mount of {kind}")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _last_error(what: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), what)
