"""The control files of a package, such as control and postinst. Source: deb(5)."""

from __future__ import annotations

import os
from typing import IO

from tools.lib.archive import ar, tar_reader
from tools.lib.archive.decompress import bounded
from tools.lib.archive.limits import MAX_CONTROL_ARCHIVE, MIB, ArchiveLimits
from tools.lib.cli.errors import ToolError
from tools.lib.debian.deb import decompressed, read_deb

_LIMITS = ArchiveLimits(size=MAX_CONTROL_ARCHIVE, entries=4096, names=MIB)


def read_control_files(source: IO[bytes]) -> dict[str, bytes]:
    """The control files of a .deb by name, sorted.

    Raises:
        ToolError: the file is not a .deb, or is damaged.
    """
    end = os.fstat(source.fileno()).st_size
    read_deb(source, end)
    member = next(each for each in ar.members(source, end) if each.name.startswith("control.tar"))
    chunks = decompressed(source, member, member.name.removeprefix("control.tar"))
    archive = b"".join(bounded(chunks, MAX_CONTROL_ARCHIVE))

    def read_at(offset: int, length: int) -> bytes:
        return archive[offset : offset + length]

    files: dict[str, bytes] = {}
    for each in tar_reader.members(read_at, len(archive), _LIMITS):
        if each.entry.type != "file":
            continue
        if "/" in each.entry.path:
            raise ToolError(
                f"{member.name}: {each.entry.path}: control files are not in directories"
            )
        files[each.entry.path] = b"".join(tar_reader.content(each, read_at))
    return dict(sorted(files.items()))
