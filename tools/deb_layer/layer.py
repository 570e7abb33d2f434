"""Writes a package as a part of a layer."""

from __future__ import annotations

import hashlib
from typing import IO, Any, NamedTuple

from tools.deb_layer import metadata
from tools.deb_layer.deb import Deb
from tools.deb_layer.plan import plan
from tools.deb_layer.rules import Keep
from tools.lib import elf, tar
from tools.lib.compress import Compression
from tools.lib.errors import ToolError
from tools.lib.part import PartWriter
from tools.lib.tarheader import Entry, encoded


class Options(NamedTuple):
    """How a part is made; `max_size` bounds the bytes of all files."""

    label: str
    compression: Compression
    keep: Keep
    merge_usr: bool
    max_size: int


def write_part(
    deb: Deb, read_at: tar.ReadAt, end: int, options: Options, out: IO[bytes]
) -> dict[str, Any]:
    """Writes the run to `out` and returns its metadata.

    Args:
        deb: the package.
        read_at: its uncompressed archive of files.
        end: the archive's size.
        options: how.
        out: where to.

    Raises:
        ToolError: the archive is damaged, or holds what no layer may hold.
    """
    members = list(tar.members(read_at, end))
    if sum(member.entry.size for member in members) > options.max_size:
        raise ToolError(f"files of more than {options.max_size} bytes")
    kept = plan(members, options.keep, options.merge_usr)
    generated = _registration(deb, kept, read_at, options.merge_usr)
    for member in kept:
        if member.entry.path in generated:
            raise ToolError(f"{member.entry.path}: the package brings what registers it")
    mtime = max((member.entry.mtime for member in members), default=0)
    kept += (
        tar.Member(Entry(path, "file", 0o644, mtime=mtime, size=len(data)), ())
        for path, data in generated.items()
    )
    writer = PartWriter(out, options.compression)
    for member in sorted(kept, key=lambda member: encoded(member.entry.path)):
        path = member.entry.path
        if path in generated:
            writer.add(member.entry, [generated[path]])
        else:
            writer.add(member.entry, tar.content(member, read_at), _elf(member, read_at))
    return writer.close(
        label=options.label, architecture=deb.architecture, package=deb.control.package
    )


def _registration(
    deb: Deb,
    kept: list[tar.Member],
    read_at: tar.ReadAt,
    merge_usr: bool,
) -> dict[str, bytes]:
    """The files of status.d by path."""

    def md5(member: tar.Member) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        for chunk in tar.content(member, read_at):
            digest.update(chunk)
        return digest.hexdigest()

    path = f"{metadata.DIRECTORY}/{deb.control.package.name}"
    files = {path: deb.control.paragraph}
    if deb.md5sums is not None:
        files[f"{path}.md5sums"] = metadata.md5sums(deb.md5sums, kept, merge_usr, md5)
    return files


def _elf(member: tar.Member, read_at: tar.ReadAt) -> dict[str, Any] | None:
    if len(member.extents) != 1:
        return None
    _, start, size = member.extents[0]
    if read_at(start, len(elf.MAGIC)) != elf.MAGIC:
        return None
    return elf.describe(
        lambda offset, length: read_at(start + offset, max(0, min(length, size - offset)))
    )
