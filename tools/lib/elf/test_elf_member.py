from __future__ import annotations

import pytest

from tools.lib.archive.extents import Extent
from tools.lib.archive.tar_entry import TarEntry
from tools.lib.archive.tar_member import TarMember
from tools.lib.elf.elf_file import ElfInfo
from tools.lib.elf.elf_member import parse_elf_member
from tools.lib.elf.testing import shared_library

LIBRARY = shared_library("libx.so.1", needed="libc.so.6")


def parse(content: bytes, extents: list[tuple[int, int]]) -> ElfInfo | None:
    """Parses a file of which the archive has only the extents, each a position and a length."""
    archive = b"before"
    stored = []
    for position, length in extents:
        stored.append(Extent(position, len(archive), length))
        archive += content[position : position + length] + b"between"
    entry = TarEntry("usr/lib/libx.so.1", "file", 0o644, size=len(content))
    return parse_elf_member(
        TarMember(entry, tuple(stored)),
        lambda offset, length: archive[offset : offset + length],
    )


@pytest.mark.parametrize(
    "extents",
    [
        [(0, len(LIBRARY))],
        [(0, 1), (1, len(LIBRARY) - 1)],
        [(0, 0x100), (0x100, 0x80), (0x200, len(LIBRARY) - 0x200)],
        [(position, 1) for position in range(len(LIBRARY)) if LIBRARY[position]],
    ],
)
def test_sparse_files_are_read_like_others(extents: list[tuple[int, int]]) -> None:
    # A hole would otherwise hide a library from all checks.
    elf = parse(LIBRARY, extents)
    assert elf
    assert (elf.soname, elf.needed) == ("libx.so.1", ("libc.so.6",))


@pytest.mark.parametrize(
    ("content", "extents"),
    [(b"", []), (b"text", [(0, 4)]), (bytes(5000), []), (LIBRARY, [(0x40, 0x100)])],
)
def test_files_that_are_not_elf(content: bytes, extents: list[tuple[int, int]]) -> None:
    assert parse(content, extents) is None
