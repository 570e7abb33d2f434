import os
import struct
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.architectures import find_architecture
from tools.structure_test import emulation
from tools.structure_test.emulation import Emulator, find_emulator


def program(path: Path, *, segments: tuple[int, ...] = (1,), kind: int = 2) -> str:
    """Writes an executable ELF file of a type (e_type), with program headers of these types."""
    numbers = (kind, 62, 1, 0, 64, 0, 0, 64, 56, len(segments), 0, 0, 0)
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", *numbers)
    path.write_bytes(header + b"".join(struct.pack("<I52x", each) for each in segments))
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The only directory with programs of an amd64 machine."""
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(emulation, "FALLBACK_PATH", ())
    return tmp_path


@pytest.mark.parametrize("architecture", ["amd64", "386"])
def test_native_architectures_need_no_emulator(machine: Path, architecture: str) -> None:
    assert find_emulator(architecture) is None


@pytest.mark.parametrize(
    ("architecture", "name"),
    [
        ("arm64", "qemu-aarch64-static"),  # Debian 12
        ("arm64", "qemu-aarch64"),  # later
        ("arm", "qemu-arm"),
        ("ppc64le", "qemu-ppc64le"),
        ("riscv64", "qemu-riscv64"),
        ("s390x", "qemu-s390x"),
    ],
)
def test_emulators_are_found_by_either_name(machine: Path, architecture: str, name: str) -> None:
    path = program(machine / name)
    found = find_emulator(architecture)
    assert found is not None
    assert found.path == path


def test_dynamic_emulators_are_skipped(machine: Path) -> None:
    program(machine / "qemu-aarch64", segments=(6, 3, 1), kind=3)
    with pytest.raises(ToolError) as error:
        find_emulator("arm64")
    assert str(error.value) == (
        "commands of arm64 images need a static qemu-aarch64 "
        "(hint: install Debian's qemu-user-static (Debian 12) or qemu-user (later))"
    )


def test_static_pie_emulators_are_found(machine: Path) -> None:
    program(machine / "qemu-aarch64", segments=(6, 2, 1), kind=3)
    assert find_emulator("arm64")


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n", b"\x7fELF\x02\x01" + b"\xff" * 60])
def test_files_that_are_not_programs_are_skipped(machine: Path, data: bytes) -> None:
    path = machine / "qemu-aarch64"
    path.write_bytes(data)
    path.chmod(0o755)
    with pytest.raises(ToolError, match="need a static qemu-aarch64"):
        find_emulator("arm64")


def test_an_architecture_that_no_emulator_is_known_for(machine: Path) -> None:
    with pytest.raises(ToolError) as error:
        find_emulator("sparc64")
    assert str(error.value) == "commands of sparc64 images cannot run on this x86_64 machine"


def matching(rule: bytes, header: bytes) -> bool:
    """Whether a binfmt_misc rule matches a program that starts with `header`."""
    _, _, kind, offset, magic, mask, *_ = rule.split(b":")
    assert (kind, offset) == (b"M", b"0")
    pairs = zip(_bytes(magic), _bytes(mask), strict=True)
    return all(
        byte & bits == value & bits for byte, (value, bits) in zip(header, pairs, strict=False)
    )


def _bytes(field: bytes) -> bytes:
    return field.decode("unicode_escape").encode("latin-1")


ARM64 = bytes.fromhex("7f454c46020101000000000000000000 0200b700")
S390X = bytes.fromhex("7f454c46020201000000000000000000 00020016")
AMD64 = bytes.fromhex("7f454c46020101000000000000000000 02003e00")


def test_rules_of_the_kernel_tell_architectures_apart() -> None:
    arm64 = Emulator("/q/a", find_architecture("arm64")).binfmt_rule()
    s390x = Emulator("/q/s", find_architecture("s390x")).binfmt_rule()
    assert arm64.endswith(b":/q/a:POCF")
    assert [matching(arm64, each) for each in (ARM64, S390X, AMD64)] == [True, False, False]
    assert [matching(s390x, each) for each in (ARM64, S390X, AMD64)] == [False, True, False]


def test_rules_match_programs_and_libraries_only() -> None:
    rule = Emulator("/q", find_architecture("arm64")).binfmt_rule()

    def changed(at: int, value: int) -> bytes:
        return ARM64[:at] + bytes([value]) + ARM64[at + 1 :]

    assert matching(rule, changed(16, 3))  # a position-independent program, or a library
    assert matching(rule, changed(7, 3))  # OS ABI: Linux
    assert not matching(rule, changed(16, 1))  # an object file
    assert not matching(rule, changed(4, 1))  # 32 bits
    assert not matching(rule, b"#!/bin/sh\nexec true....")


def test_emulators_registered_on_the_host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(emulation, "BINFMT", os.fspath(tmp_path))
    emulator = Emulator("/q", find_architecture("arm64"))
    entry = tmp_path / "qemu-aarch64"
    assert not emulation.is_registered(emulator)
    for text, registered in (
        ("enabled\ninterpreter /q\nflags: POCF\noffset 0\n", True),
        ("enabled\ninterpreter /q\nflags: OC\noffset 0\n", False),
        ("disabled\ninterpreter /q\nflags: POCF\noffset 0\n", False),
    ):
        entry.write_text(text)
        assert emulation.is_registered(emulator) == registered
