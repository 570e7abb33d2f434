"""Decides which files of the package busybox-static go into its part.

That is /busybox/busybox and a symlink to it for each applet. They are symlinks rather than hard
links so that `ls -l` shows what they are, and so that a copy of the directory stays small.
"""

from __future__ import annotations

from dataclasses import replace

from tools.busybox.applets import find_applets
from tools.lib.archive.extents import ReadAt
from tools.lib.archive.tar_entry import TarEntry, path_bytes
from tools.lib.archive.tar_member import TarMember
from tools.lib.archive.tar_reader import content
from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import ToolError
from tools.lib.debian.unpack import UnpackedDeb
from tools.lib.elf.elf_member import parse_elf_member

# The former in Debian 12, the latter in Debian 13.
_SOURCES = ("bin/busybox", "usr/bin/busybox")
_DIRECTORY = "busybox"
_PROGRAM = f"{_DIRECTORY}/busybox"
# Debian's have 2 MB.
_MAX_PROGRAM = 32 << 20
_DEB_HINT = "set `deb` to Debian's package busybox-static"


def plan_part(package: UnpackedDeb) -> list[TarMember]:
    """Returns the members, with their paths in the image, sorted by path.

    They are the program, its links and the package's copyright file. The directory /busybox is not
    among them: the package does not have it, so a part that declares it decides its mode.

    Raises:
        ToolError: the package has no busybox, or one that needs shared libraries.
    """
    program = _find_file(package, _SOURCES)
    copyright_file = _find_file(
        package, (f"usr/share/doc/{package.deb.control.package.name}/copyright",)
    )
    with error_context(program.entry.path):
        applets = find_applets(_read_static_program(program, package.read_at))
    members = [
        replace(program, entry=replace(program.entry, path=_PROGRAM)),
        copyright_file,
        *(
            TarMember(_link(applet, program.entry.mtime), ())
            for applet in applets
            if applet != "busybox"
        ),
    ]
    return sorted(members, key=lambda member: path_bytes(member.entry.path))


def _link(applet: str, mtime: int) -> TarEntry:
    return TarEntry(f"{_DIRECTORY}/{applet}", "symlink", 0o777, mtime=mtime, link="busybox")


def _find_file(package: UnpackedDeb, paths: tuple[str, ...]) -> TarMember:
    """The only regular file among `paths`."""
    found = [
        member
        for member in package.members
        if member.entry.path in paths and member.entry.type == "file"
    ]
    if not found:
        raise ToolError(f"missing file {' or '.join(paths)}", _DEB_HINT)
    if len(found) > 1:
        raise ToolError(f"{found[1].entry.path}: duplicate entry", _DEB_HINT)
    return found[0]


def _read_static_program(program: TarMember, read_at: ReadAt) -> bytes:
    """The content of the program, which must also start in an image without a C library."""
    if program.entry.size > _MAX_PROGRAM:
        raise ToolError(f"{program.entry.size} bytes, more than {_MAX_PROGRAM}", _DEB_HINT)
    elf = parse_elf_member(program, read_at)
    if elf is None:
        raise ToolError("not an ELF file", _DEB_HINT)
    if elf.interpreter or elf.needed:
        raise ToolError("needs shared libraries, which some images lack", _DEB_HINT)
    return b"".join(content(program, read_at))
