"""From busybox's package to the entries of a debug layer: the program, a link for each of its own.

Symlinks, and not hard links: they say what they are, and `busybox` beside them is what the
directory is copied with.
"""

from __future__ import annotations

from collections.abc import Iterable

from tools.busybox.applets import applets
from tools.deb import plan as package
from tools.deb.rules import keeper
from tools.lib.archive import tar_reader as tar
from tools.lib.archive.tar_entry import Entry, path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.elf.elf_file import parse_elf

# Debian 12 has it in /bin, 13 in /usr/bin.
_PLACES = ("bin/busybox", "usr/bin/busybox")
_DIRECTORY = "busybox"
_PROGRAM = f"{_DIRECTORY}/busybox"
# Debian's are 2 MB.
_MOST = 32 << 20


def plan(members: Iterable[tar.Member], read_at: tar.ReadAt) -> list[tar.Member]:
    """The entries, sorted by path: the copyright, /busybox/busybox and its links.

    Directories are left to be implied: /busybox is no directory of the package.

    Raises:
        ToolError: the package has no busybox, or one that needs libraries.
    """
    kept = package.plan(members, keeper(["**"], _PLACES), False)
    programs = [each for each in kept if each.entry.path in _PLACES and each.entry.type == "file"]
    if len(programs) != 1:
        raise ToolError(
            f"{len(programs) or 'no'} programs {' or '.join(_PLACES)} in the package",
            "give Debian's busybox-static",
        )
    program = programs[0]
    try:
        names = applets(_static(program, read_at))
    except ToolError as error:
        raise ToolError(f"{program.entry.path}: {error.message}", error.hint) from None
    links = (
        Entry(f"{_DIRECTORY}/{name}", "symlink", 0o777, mtime=program.entry.mtime, link="busybox")
        for name in names
        if name != "busybox"
    )
    result = [
        program._replace(entry=program.entry._replace(path=_PROGRAM)),
        *(tar.Member(link, ()) for link in links),
        *(each for each in kept if each.entry.path.startswith("usr/share/doc/")),
    ]
    files = (each for each in result if each.entry.type != "directory")
    return sorted(files, key=lambda member: path_bytes(member.entry.path))


def _static(program: tar.Member, read_at: tar.ReadAt) -> bytes:
    """The program's bytes, if it is one that starts in an image without a C library."""
    if program.entry.size > _MOST:
        raise ToolError(f"{program.entry.size} bytes, and busybox has some 2 MB")
    data = b"".join(tar.content(program, read_at))
    described = parse_elf(lambda offset, length: data[offset : offset + length])
    if described is None:
        raise ToolError("no ELF file")
    if described.interpreter or described.needed:
        raise ToolError("needs a C library, which not every image has", "give busybox-static")
    return data
