"""Reads the ELF headers of a file in an uncompressed tar archive."""

from __future__ import annotations

from tools.lib.archive.extents import ReadAt
from tools.lib.archive.tar_member import TarMember
from tools.lib.elf.elf_file import MAGIC, ElfInfo, parse_elf


def parse_elf_member(member: TarMember, read_at: ReadAt) -> ElfInfo | None:
    """Returns what the file's headers say, None if it is not a well-formed ELF file.

    A sparse file is taken for none: compilers do not write them with holes.

    Args:
        member: the file.
        read_at: the archive.

    Raises:
        ToolError: see `parse_elf`.
    """
    if len(member.extents) != 1:
        return None
    start, size = member.extents[0].offset, member.extents[0].length
    if read_at(start, len(MAGIC)) != MAGIC:
        return None
    return parse_elf(
        lambda offset, length: read_at(start + offset, max(0, min(length, size - offset))),
        member.entry.path,
    )
