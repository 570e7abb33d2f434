"""Unpacks the files of a .deb so that they can be read in any order, within a size limit."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from tools.lib.archive import decompress, tar_reader
from tools.lib.archive.scratch_file import ScratchFile
from tools.lib.archive.tar_fields import ReadAt
from tools.lib.archive.tar_reader import Member
from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import ToolError
from tools.lib.debian.deb import DebFile, MemberStream, read_deb

# The default limit: this many bytes, or multiples of the sizes that the package states (its
# Installed-Size) and has. Debian's packages stay below half of either.
_MIN_LIMIT = 64 << 20
_PER_INSTALLED_BYTE = 4
_PER_COMPRESSED_BYTE = 64


@dataclass(frozen=True, slots=True)
class UnpackedDeb:
    """A package, the entries of its archive in their order, and the uncompressed archive."""

    deb: DebFile
    members: tuple[Member, ...]
    read_at: ReadAt


@contextlib.contextmanager
def unpack_deb(
    path: str, output: str, limit: int | None = None, limit_hint: str = ""
) -> Iterator[UnpackedDeb]:
    """Unpacks a package for as long as the block runs.

    A ToolError that the block raises is prefixed with the package's path.

    Args:
        path: the .deb.
        output: the path of an output; the scratch file is on the same file system.
        limit: bytes that all files may have together; None for the default.
        limit_hint: what the user can do if they have more.

    Raises:
        ToolError: the file is not a .deb, is damaged, or its files exceed the limit.
    """
    with open(path, "rb") as source, error_context(path):
        deb = read_deb(source, os.fstat(source.fileno()).st_size)
        limit = _default_limit(deb) if limit is None else limit
        with ScratchFile(output) as scratch:
            with error_context(deb.data.name):
                chunks = decompress.chunks(MemberStream(source, deb.data), deb.data_suffix)
                scratch.fill(chunks, limit, limit_hint)
                members = tuple(tar_reader.members(scratch.read_at, scratch.size))
                # The size of the archive does not bound the size of sparse files.
                if sum(member.entry.size for member in members) > limit:
                    raise ToolError(f"files of more than {limit} bytes", limit_hint)
            yield UnpackedDeb(deb, members, scratch.read_at)


def _default_limit(deb: DebFile) -> int:
    return max(
        _MIN_LIMIT,
        _PER_INSTALLED_BYTE * deb.control.installed_size,
        _PER_COMPRESSED_BYTE * deb.data.size,
    )
