from __future__ import annotations

import pytest

from tools.ld_so_cache.library_types import library_type
from tools.lib.debian.architectures import ElfMachine, find_architecture
from tools.lib.elf.elf_file import ElfInfo


def flags_of(native: str, machine: ElfMachine, flags: int = 0) -> int | None:
    elf = ElfInfo(machine=machine, type="dyn", flags=flags)
    return library_type(elf, find_architecture(native).machine)


@pytest.mark.parametrize(
    ("architecture", "flags", "expected"),
    [
        ("amd64", 0, 0x303),
        ("386", 0, 0x003),
        ("arm64", 0, 0xA03),
        ("arm", 0x5000400, 0x903),
        ("arm", 0x5000200, 0xB03),
        ("arm", 0x5000000, 0x003),
        ("arm", 0x4000400, 0x003),
        ("ppc64le", 2, 0x503),
        ("s390x", 0, 0x403),
        ("riscv64", 0x5, 0x1003),
        ("riscv64", 0x1, 0xF03),
        ("riscv64", 0x2, None),
        ("riscv64", 0x1D, None),
        ("loong64", 0x43, 0x1203),
        ("loong64", 0x41, 0x1103),
        ("loong64", 0x42, None),
        ("mips64le", 0, 0x703),
        ("mips64le", 0x400, 0xE03),
    ],
)
def test_libraries_of_the_machine_itself(
    architecture: str, flags: int, expected: int | None
) -> None:
    assert flags_of(architecture, find_architecture(architecture).machine, flags) == expected


@pytest.mark.parametrize(
    ("native", "machine", "flags", "expected"),
    [
        ("amd64", ElfMachine(32, "little", 3), 0, 0x003),
        ("amd64", ElfMachine(32, "little", 62), 0, 0x803),
        ("amd64", ElfMachine(64, "little", 3), 0, None),
        ("arm64", ElfMachine(32, "little", 40), 0x5000400, 0x903),
        ("s390x", ElfMachine(32, "big", 22), 0, 0x003),
        ("mips64le", ElfMachine(32, "little", 8), 0x20, 0x603),
        ("mips64le", ElfMachine(32, "little", 8), 0x420, 0xD03),
        ("mips64le", ElfMachine(32, "little", 8), 0x400, 0xC03),
        # Unrelated machines, and the other byte order.
        ("amd64", ElfMachine(64, "little", 183), 0, None),
        ("arm64", ElfMachine(64, "little", 62), 0, None),
        ("arm64", ElfMachine(64, "big", 183), 0, None),
        ("amd64", ElfMachine(64, "little", 999), 0, None),
    ],
)
def test_libraries_of_other_machines(
    native: str, machine: ElfMachine, flags: int, expected: int | None
) -> None:
    assert flags_of(native, machine, flags) == expected
