"""Emulators for programs of other architectures, and their registration with the kernel."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.debian.architectures import Architecture, find_architecture, find_machine
from tools.lib.elf.elf_file import parse_elf

# Machines run programs of their own architecture, and these.
_ALSO_RUNS = {"amd64": ("386",)}
FALLBACK_PATH = ("/usr/bin",)
"""Searched for emulators after PATH, because a test's environment may have a minimal PATH."""
BINFMT = "/proc/sys/fs/binfmt_misc"


@dataclass(frozen=True, slots=True)
class Emulator:
    """A static user-mode QEMU and the architecture of the programs that it runs."""

    path: str
    target: Architecture

    def binfmt_rule(self) -> bytes:
        """The line for binfmt_misc's `register` file (Linux, admin-guide/binfmt-misc.rst).

        It matches programs and libraries (ET_EXEC, ET_DYN) of any OS ABI. Flag F opens the emulator
        now, while it is visible; P, C and O pass on argv[0], credentials and the open program.
        """
        bits, order, number = self.target.machine
        ident = b"\x7fELF" + bytes([bits // 32, 2 if order == "big" else 1])
        kind, machine = (2).to_bytes(2, order), number.to_bytes(2, order)
        magic = ident + bytes(10) + kind + machine
        mask = b"\xff" * 6 + bytes(10) + (0xFFFE).to_bytes(2, order) + b"\xff\xff"
        fields = [b"qemu", b"M", b"0", _escape(magic), _escape(mask), os.fsencode(self.path)]
        return b":" + b":".join([*fields, b"POCF"])


def find_emulator(architecture: str) -> Emulator | None:
    """The emulator for an architecture (OCI's name); None if this machine runs it natively.

    Raises:
        ToolError: no emulator is installed, or the architecture is unknown.
    """
    machine = platform.machine()
    host = find_machine(machine)
    if host and architecture in (host.name, *_ALSO_RUNS.get(host.name, ())):
        return None
    try:
        target = find_architecture(architecture)
    except ToolError:
        raise ToolError(
            f"commands of {architecture} images cannot run on this {machine} machine"
        ) from None
    directories = [*os.get_exec_path(), *FALLBACK_PATH]
    for name in (f"qemu-{target.qemu}-static", f"qemu-{target.qemu}"):
        for directory in directories:
            path = os.path.join(directory, name)
            if os.access(path, os.X_OK) and is_static(path):
                return Emulator(path, target)
    raise ToolError(
        f"commands of {architecture} images need a static qemu-{target.qemu}",
        "install Debian's qemu-user-static (Debian 12) or qemu-user (later)",
    )


def is_registered(emulator: Emulator) -> bool:
    """Whether the host's binfmt_misc runs the architecture, in every mount namespace."""
    try:
        with open(f"{BINFMT}/qemu-{emulator.target.qemu}", encoding="ascii") as entry:
            lines = entry.read().splitlines()
    except OSError:
        return False
    return "enabled" in lines and any(
        line.startswith("flags:") and "F" in line.removeprefix("flags:") for line in lines
    )


def is_static(path: str) -> bool:
    """Whether a program has no interpreter, and so can run inside an image."""
    with open(path, "rb") as file:

        def read_at(offset: int, size: int) -> bytes:
            return os.pread(file.fileno(), size, offset)

        described = parse_elf(read_at, path)
    return described is not None and described.interpreter is None


def _escape(data: bytes) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in data)
