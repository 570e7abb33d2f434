"""The number by which ld.so.cache says what a library is for.

Source: glibc's sysdeps/generic/ldconfig.h (FLAG_*), and for each machine readelflib.c below
sysdeps/unix/sysv/linux.
"""

from __future__ import annotations

from collections.abc import Callable

from tools.lib.debian.architectures import ElfMachine
from tools.lib.elf.elf_file import ElfInfo

_ELF_LIBC6 = 3

_386, _MIPS, _PPC64, _S390, _ARM, _X86_64, _AARCH64, _RISCV, _LOONGARCH = (
    3, 8, 21, 22, 40, 62, 183, 243, 258,
)  # fmt: skip


def _x86(elf: ElfInfo) -> int | None:
    if elf.machine.number == _386:
        return _ELF_LIBC6 if elf.machine.bits == 32 else None
    return (0x0300 if elf.machine.bits == 64 else 0x0800) | _ELF_LIBC6


def _arm(elf: ElfInfo) -> int | None:
    if elf.machine.bits == 64:
        return 0x0A00 | _ELF_LIBC6
    is_eabi5 = elf.flags >> 24 == 5
    if is_eabi5 and elf.flags & 0x400:
        return 0x0900 | _ELF_LIBC6
    if is_eabi5 and elf.flags & 0x200:
        return 0x0B00 | _ELF_LIBC6
    return _ELF_LIBC6  # without a mark, for hard float and soft float alike


def _mips(elf: ElfInfo) -> int | None:
    is_nan2008 = bool(elf.flags & 0x400)
    if elf.machine.bits == 64:
        return (0x0E00 if is_nan2008 else 0x0700) | _ELF_LIBC6
    if elf.flags & 0x20:  # n32
        return (0x0D00 if is_nan2008 else 0x0600) | _ELF_LIBC6
    return (0x0C00 if is_nan2008 else 0) | _ELF_LIBC6


def _ppc64(elf: ElfInfo) -> int | None:
    return 0x0500 | _ELF_LIBC6


def _s390(elf: ElfInfo) -> int | None:
    return (0x0400 if elf.machine.bits == 64 else 0) | _ELF_LIBC6


def _riscv(elf: ElfInfo) -> int | None:
    # Soft and double floats are supported, and compressed instructions.
    if elf.flags & ~0x7:
        return None
    float_abi = {0: 0x0F00, 4: 0x1000}.get(elf.flags & 0x6)
    return None if float_abi is None else float_abi | _ELF_LIBC6


def _loongarch(elf: ElfInfo) -> int | None:
    float_abi = {1: 0x1100, 3: 0x1200}.get(elf.flags & ~0x40)
    return None if float_abi is None else float_abi | _ELF_LIBC6


_TYPES: dict[int, Callable[[ElfInfo], int | None]] = {
    _386: _x86,
    _MIPS: _mips,
    _PPC64: _ppc64,
    _S390: _s390,
    _ARM: _arm,
    _X86_64: _x86,
    _AARCH64: _arm,
    _RISCV: _riscv,
    _LOONGARCH: _loongarch,
}


def library_type(elf: ElfInfo, native: ElfMachine) -> int | None:
    """The `flags` of a library's entry in the cache of a machine; None if ldconfig skips it.

    The ldconfig of a 64-bit machine also takes the libraries of its 32-bit predecessor.
    """
    if elf.machine.byte_order != native.byte_order:
        return None
    if _TYPES.get(elf.machine.number) is not _TYPES.get(native.number):
        return None
    return _TYPES[native.number](elf)


def has_signed_char(machine: int) -> bool:
    """Whether C's char is signed on a machine (its e_machine), according to the psABI."""
    return machine in (_386, _MIPS, _X86_64, _LOONGARCH)
