"""What the architectures' programs look like, and where their libraries lie."""

from __future__ import annotations

from typing import Any, NamedTuple

from tools.lib.cli.errors import ToolError


class Machine(NamedTuple):
    """What ld.so compares before it takes a library: ELF's class, byte order and e_machine."""

    bits: int
    data: str
    number: int

    @classmethod
    def of(cls, elf: dict[str, Any]) -> Machine:
        """The machine of an `elf` of docs/formats.md."""
        return cls(elf["class"], elf["data"], elf["machine"])


class Abi(NamedTuple):
    """An architecture as Debian builds for it: `triplet` names its directories, `loader` is the
    path that programs have as their interpreter."""

    machine: Machine
    triplet: str
    loader: str

    @property
    def directories(self) -> tuple[str, ...]:
        """Where Debian's ld.so looks last (`ld.so --help`: "system search path")."""
        return (f"/lib/{self.triplet}", f"/usr/lib/{self.triplet}", "/lib", "/usr/lib")


# OCI's names. Sources: e_machine of the System V ABI; https://wiki.debian.org/Multiarch/Tuples;
# the loaders of https://sourceware.org/glibc/wiki/ABIList.
_ABIS = {
    "386": Abi(Machine(32, "little", 3), "i386-linux-gnu", "/lib/ld-linux.so.2"),
    "amd64": Abi(Machine(64, "little", 62), "x86_64-linux-gnu", "/lib64/ld-linux-x86-64.so.2"),
    "arm": Abi(Machine(32, "little", 40), "arm-linux-gnueabihf", "/lib/ld-linux-armhf.so.3"),
    "arm64": Abi(Machine(64, "little", 183), "aarch64-linux-gnu", "/lib/ld-linux-aarch64.so.1"),
    "loong64": Abi(
        Machine(64, "little", 258), "loongarch64-linux-gnu", "/lib64/ld-linux-loongarch-lp64d.so.1"
    ),
    "mips64le": Abi(Machine(64, "little", 8), "mips64el-linux-gnuabi64", "/lib64/ld.so.1"),
    "ppc64le": Abi(Machine(64, "little", 21), "powerpc64le-linux-gnu", "/lib64/ld64.so.2"),
    "riscv64": Abi(
        Machine(64, "little", 243), "riscv64-linux-gnu", "/lib/ld-linux-riscv64-lp64d.so.1"
    ),
    "s390x": Abi(Machine(64, "big", 22), "s390x-linux-gnu", "/lib/ld64.so.1"),
}
_ARM_V5 = Abi(Machine(32, "little", 40), "arm-linux-gnueabi", "/lib/ld-linux.so.3")


def abi(architecture: str, variant: str) -> Abi:
    """The ABI of an OCI platform; a ToolError if it is not known here."""
    if architecture == "arm" and variant in ("v5", "v6"):
        return _ARM_V5
    try:
        return _ABIS[architecture]
    except KeyError:
        raise ToolError(
            f"architecture {architecture:.80}: its ABI is not known", f"known: {', '.join(_ABIS)}"
        ) from None
