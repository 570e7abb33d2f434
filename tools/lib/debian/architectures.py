"""The architectures that Debian builds for: their names, and what their programs look like.

This is the only table of its kind for Python. rules/private/architectures.bzl has the fields that
Starlark needs; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tools.lib.cli.errors import ToolError

ByteOrder = Literal["little", "big"]


class ElfMachine(NamedTuple):
    """What ld.so compares before it takes a library: EI_CLASS, EI_DATA and e_machine, elf(5)."""

    bits: int
    byte_order: ByteOrder
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """One architecture.

    `name` and `variant` are OCI's (image-spec 1.1, image-index.md), `debian` is Debian's name.
    `triplet` names the directories of libraries, `loader` is the interpreter of programs
    (PT_INTERP), `qemu` the name in `qemu-NAME-static`, and `uname` what `uname -m` prints on its
    machines.
    """

    name: str
    variant: str | None = None
    debian: str
    triplet: str
    loader: str
    machine: ElfMachine
    qemu: str
    uname: tuple[str, ...]

    @property
    def library_directories(self) -> tuple[str, ...]:
        """Where Debian's ld.so looks last (`ld.so --help`: "system search path")."""
        return (f"/lib/{self.triplet}", f"/usr/lib/{self.triplet}", "/lib", "/usr/lib")


# Sources: https://wiki.debian.org/SupportedArchitectures, https://wiki.debian.org/Multiarch/Tuples,
# https://sourceware.org/glibc/wiki/ABIList for the loaders, elf.h for e_machine.
ARCHITECTURES = (
    Architecture(
        name="386",
        debian="i386",
        triplet="i386-linux-gnu",
        loader="/lib/ld-linux.so.2",
        machine=ElfMachine(32, "little", 3),
        qemu="i386",
        uname=("i686", "i586", "i486", "i386"),
    ),
    Architecture(
        name="amd64",
        debian="amd64",
        triplet="x86_64-linux-gnu",
        loader="/lib64/ld-linux-x86-64.so.2",
        machine=ElfMachine(64, "little", 62),
        qemu="x86_64",
        uname=("x86_64",),
    ),
    Architecture(
        name="arm",
        variant="v7",
        debian="armhf",
        triplet="arm-linux-gnueabihf",
        loader="/lib/ld-linux-armhf.so.3",
        machine=ElfMachine(32, "little", 40),
        qemu="arm",
        uname=("armv7l", "armv8l"),
    ),
    Architecture(
        name="arm",
        variant="v5",
        debian="armel",
        triplet="arm-linux-gnueabi",
        loader="/lib/ld-linux.so.3",
        machine=ElfMachine(32, "little", 40),
        qemu="arm",
        uname=("armv5tel", "armv6l"),
    ),
    Architecture(
        name="arm64",
        variant="v8",
        debian="arm64",
        triplet="aarch64-linux-gnu",
        loader="/lib/ld-linux-aarch64.so.1",
        machine=ElfMachine(64, "little", 183),
        qemu="aarch64",
        uname=("aarch64",),
    ),
    Architecture(
        name="loong64",
        debian="loong64",
        triplet="loongarch64-linux-gnu",
        loader="/lib64/ld-linux-loongarch-lp64d.so.1",
        machine=ElfMachine(64, "little", 258),
        qemu="loongarch64",
        uname=("loongarch64",),
    ),
    Architecture(
        name="mips64le",
        debian="mips64el",
        triplet="mips64el-linux-gnuabi64",
        loader="/lib64/ld.so.1",
        machine=ElfMachine(64, "little", 8),
        qemu="mips64el",
        uname=("mips64",),
    ),
    Architecture(
        name="ppc64le",
        debian="ppc64el",
        triplet="powerpc64le-linux-gnu",
        loader="/lib64/ld64.so.2",
        machine=ElfMachine(64, "little", 21),
        qemu="ppc64le",
        uname=("ppc64le",),
    ),
    Architecture(
        name="riscv64",
        debian="riscv64",
        triplet="riscv64-linux-gnu",
        loader="/lib/ld-linux-riscv64-lp64d.so.1",
        machine=ElfMachine(64, "little", 243),
        qemu="riscv64",
        uname=("riscv64",),
    ),
    Architecture(
        name="s390x",
        debian="s390x",
        triplet="s390x-linux-gnu",
        loader="/lib/ld64.so.1",
        machine=ElfMachine(64, "big", 22),
        qemu="s390x",
        uname=("s390x",),
    ),
)

BY_DEBIAN_NAME: Mapping[str, Architecture] = {each.debian: each for each in ARCHITECTURES}

# Debian has no port for ARMv6: its hard-float libraries need ARMv7.
_ARM_VARIANTS_OF_ARMEL = ("v5", "v6")


def find_architecture(name: str, variant: str | None = None) -> Architecture:
    """The architecture of an OCI platform.

    Most variants (amd64's v3, arm64's v9) are newer processors with the same ABI; only arm has
    two.

    Raises:
        ToolError: the table does not have it.
    """
    if name == "arm":
        return BY_DEBIAN_NAME["armel" if variant in _ARM_VARIANTS_OF_ARMEL else "armhf"]
    for each in ARCHITECTURES:
        if each.name == name:
            return each
    known = dict.fromkeys(each.name for each in ARCHITECTURES)
    raise ToolError(f"unknown architecture {name!r:.80}", _one_of(known))


def find_debian_architecture(name: str) -> Architecture:
    """The architecture that Debian calls `name`.

    Raises:
        ToolError: the table does not have it.
    """
    if name not in BY_DEBIAN_NAME:
        raise ToolError(f"unknown Debian architecture {name!r:.80}", _one_of(BY_DEBIAN_NAME))
    return BY_DEBIAN_NAME[name]


def find_machine(uname: str) -> Architecture | None:
    """The architecture of the machines that print `uname` for `uname -m`; None if unknown."""
    return next((each for each in ARCHITECTURES if uname in each.uname), None)


def _one_of(names: Iterable[str]) -> str:
    return f"must be one of {', '.join(names)}"
