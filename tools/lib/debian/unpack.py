"""Unpacks the files of a .deb so that they can be read in any order, within a size limit."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from tools.lib.archive import tar_reader
from tools.lib.archive.extents import ReadAt
from tools.lib.archive.limits import deb_limits
from tools.lib.archive.scratch_file import ScratchFile
from tools.lib.archive.tar_member import TarMember
from tools.lib.cli.error_context import error_context
from tools.lib.debian.deb import DebFile, decompressed, read_deb


@dataclass(frozen=True, slots=True)
class UnpackedDeb:
    """A package, the entries of its archive in their order, and the uncompressed archive."""

    deb: DebFile
    members: tuple[TarMember, ...]
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
        limits = deb_limits(deb.data.size, limit, limit_hint)
        with ScratchFile(output) as scratch:
            with error_context(deb.data.name):
                chunks = decompressed(source, deb.data, deb.data_suffix)
                scratch.fill(chunks, limits.size, limit_hint)
                members = tuple(tar_reader.members(scratch.read_at, scratch.size, limits))
            yield UnpackedDeb(deb, members, scratch.read_at)
