"""Writes files of a Debian package as a part, with what registers the package in the image."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from tools.lib.archive.extents import ReadAt
from tools.lib.archive.tar_entry import TarEntry, path_bytes
from tools.lib.archive.tar_member import TarMember
from tools.lib.archive.tar_reader import content
from tools.lib.cli.errors import ToolError
from tools.lib.debian.alternatives import read_alternatives
from tools.lib.debian.dpkg_status import DATABASE, STATUS_DIRECTORY, status_files
from tools.lib.debian.unpack import UnpackedDeb
from tools.lib.elf.elf_member import parse_elf_member
from tools.lib.part.part_writer import PartWriter

_EXCLUDE_HINT = "add it to `exclude`"


def write_package(
    package: UnpackedDeb,
    members: Sequence[TarMember],
    md5sums: Mapping[str, str] | None,
    label: str,
    writer: PartWriter,
) -> None:
    """Writes a part and closes it.

    Args:
        package: the package.
        members: what the part has of it, each with its path in the image, sorted by path, hard
            links after their targets.
        md5sums: the known hex MD5 of files, by path in the image; None if the package has no list.
        label: the target that the part is made for.
        writer: where the part goes.

    Raises:
        ToolError: a member is in dpkg's database, which no package may have files of, or replaces
            a directory above the one that registers packages.
    """
    _check_registration(members)
    if md5sums is not None:
        md5sums = _complete_md5sums(members, md5sums, package.read_at)
    registration = status_files(package.deb.control, md5sums)
    mtime = max((member.entry.mtime for member in package.members), default=0)
    generated = [
        TarMember(TarEntry(path, "file", 0o644, mtime=mtime, size=len(data)), ())
        for path, data in registration.items()
    ]
    for member in sorted([*members, *generated], key=lambda member: path_bytes(member.entry.path)):
        data = registration.get(member.entry.path)
        if data is not None:
            writer.add(member.entry, [data])
        else:
            writer.add(
                member.entry,
                content(member, package.read_at),
                parse_elf_member(member, package.read_at),
            )
    writer.close(
        label=label,
        architecture=package.deb.architecture,
        package=package.deb.control.package,
        alternatives=read_alternatives(package.deb.postinst.decode("utf-8", "replace")),
    )


def _check_registration(members: Sequence[TarMember]) -> None:
    for member in members:
        path, kind = member.entry.path, member.entry.type
        if path.startswith(f"{STATUS_DIRECTORY}/") or (
            path.startswith(f"{DATABASE}/") and kind != "directory"
        ):
            raise ToolError(f"{path}: reserved for dpkg's database", _EXCLUDE_HINT)
        if kind != "directory" and f"{STATUS_DIRECTORY}/".startswith(f"{path}/"):
            raise ToolError(
                f"{path}: a {kind} instead of a directory above {STATUS_DIRECTORY}", _EXCLUDE_HINT
            )


def _complete_md5sums(
    members: Sequence[TarMember], known: Mapping[str, str], read_at: ReadAt
) -> dict[str, str]:
    """The hex MD5 of each file. A package's own list has no configuration files."""
    files = {member.entry.path: member for member in members if member.entry.type == "file"}
    md5sums: dict[str, str] = {}
    for member in members:
        entry = member.entry
        if entry.type in ("file", "hardlink"):
            file = files[entry.link or entry.path]
            md5sums[entry.path] = (
                known.get(entry.path) or known.get(file.entry.path) or _md5(file, read_at)
            )
    return md5sums


def _md5(member: TarMember, read_at: ReadAt) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for chunk in content(member, read_at):
        digest.update(chunk)
    return digest.hexdigest()
