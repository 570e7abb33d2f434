"""Writes a package as a part of a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tools.deb import metadata
from tools.deb.plan import plan
from tools.deb.rules import Keep
from tools.deb.unpack import Unpacked
from tools.lib.archive import tar_reader as tar
from tools.lib.archive.tar_entry import Entry, path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.elf.elf_file import MAGIC, ElfInfo, parse_elf
from tools.lib.part.part import Part
from tools.lib.part.part_writer import PartWriter


class Options(NamedTuple):
    """How a part is made."""

    label: str
    keep: Keep
    merge_usr: bool


def write_part(package: Unpacked, options: Options, writer: PartWriter) -> Part:
    """Writes the blob and returns the part.

    Raises:
        ToolError: the package holds what no layer may hold.
    """
    kept = plan(package.members, options.keep, options.merge_usr)
    return write_entries(package, kept, writer, options.label, options.merge_usr)


def write_entries(
    package: Unpacked,
    kept: Sequence[tar.Member],
    writer: PartWriter,
    label: str,
    merge_usr: bool = False,
) -> Part:
    """Writes what is kept of a package, and what registers it; returns the part.

    Args:
        package: the package.
        kept: entries in their places, sorted by path, hard links after their targets.
        writer: where to.
        label: who made the part.
        merge_usr: whether `kept` is moved below /usr.
    """
    deb, members, read_at = package
    mtime = max((member.entry.mtime for member in members), default=0)
    generated = metadata.registration(deb, kept, read_at, merge_usr)
    for member in kept:
        if member.entry.path in generated:
            raise ToolError(f"{member.entry.path}: the package brings what registers it")
    registering = [
        tar.Member(Entry(path, "file", 0o644, mtime=mtime, size=len(data)), ())
        for path, data in generated.items()
    ]
    for member in sorted([*kept, *registering], key=lambda member: path_bytes(member.entry.path)):
        path = member.entry.path
        if path in generated:
            writer.add(member.entry, [generated[path]])
        else:
            writer.add(member.entry, tar.content(member, read_at), _elf(member, read_at))
    return writer.close(label=label, architecture=deb.architecture, package=deb.control.package)


def _elf(member: tar.Member, read_at: tar.ReadAt) -> ElfInfo | None:
    if len(member.extents) != 1:
        return None
    _, start, size = member.extents[0]
    if read_at(start, len(MAGIC)) != MAGIC:
        return None
    return parse_elf(
        lambda offset, length: read_at(start + offset, max(0, min(length, size - offset)))
    )
