"""Finds the program and the license in a release archive of Node.js.

nodejs.org's archives also have npm, headers and documentation. The packages of the npm registry are
the same releases, repacked; they also have headers. Images need neither.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tools.lib.archive import decompress, tar_reader
from tools.lib.archive.extents import ReadAt
from tools.lib.archive.scratch_file import ScratchFile
from tools.lib.archive.tar_member import TarMember, relative
from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import ToolError

PROGRAM = "bin/node"
LICENSE = "LICENSE"

# By the ends of file names: .tgz is the npm registry's, nodejs.org has the others.
_SUFFIXES = {".tar.gz": ".gz", ".tgz": ".gz", ".tar.xz": ".xz"}
# Bytes; the largest release has a quarter of it.
_MAX_ARCHIVE = 1 << 30
_MAX_SIZES = {PROGRAM: _MAX_ARCHIVE, LICENSE: 4 << 20}


@dataclass(frozen=True, slots=True)
class NodeArchive:
    """The members of a release that an image has, and the uncompressed archive."""

    program: TarMember
    license: TarMember
    read_at: ReadAt


@contextlib.contextmanager
def open_archive(path: str, output: str, prefix: str) -> Iterator[NodeArchive]:
    """Unpacks an archive for as long as the block runs.

    A ToolError that the block raises is prefixed with the archive's path.

    Args:
        path: the archive.
        output: the path of an output; the scratch file is on the same file system.
        prefix: the directory of the release in the archive.

    Raises:
        ToolError: the file is not such an archive, is damaged or too large, or lacks a file.
    """
    with open(path, "rb") as source, error_context(path), ScratchFile(output) as scratch:
        scratch.fill(decompress.chunks(source, _compression(path)), _MAX_ARCHIVE)
        members = tar_reader.members(scratch.read_at, scratch.size)
        found = find_members(members, prefix)
        yield NodeArchive(found[PROGRAM], found[LICENSE], scratch.read_at)


def find_members(members: Iterable[TarMember], prefix: str) -> dict[str, TarMember]:
    """Returns the members PROGRAM and LICENSE of the directory `prefix`.

    Raises:
        ToolError: one of them is missing, duplicate, not a regular file, or far too large.
    """
    wanted = {relative(f"{prefix}/{name}".encode()): name for name in _MAX_SIZES}
    found: dict[str, TarMember] = {}
    directories: set[str] = set()
    for member in members:
        entry = member.entry
        directories.add(entry.path.partition("/")[0])
        name = wanted.get(entry.path)
        if name is None:
            continue
        if name in found:
            raise ToolError(f"{entry.path}: duplicate entry")
        if entry.type != "file":
            raise ToolError(f"{entry.path}: a {entry.type} instead of a file")
        if entry.size > _MAX_SIZES[name]:
            raise ToolError(f"{entry.path}: {entry.size} bytes, more than {_MAX_SIZES[name]}")
        found[name] = member
    for path, name in wanted.items():
        if name not in found:
            known = ", ".join(sorted(directories)[:3]) or "nothing"
            raise ToolError(
                f"missing file {path}", f"the archive's top has {known}: correct strip_prefix"
            )
    return found


def _compression(path: str) -> str:
    for end, suffix in _SUFFIXES.items():
        if path.endswith(end):
            return suffix
    raise ToolError("unknown compression", f"the name must end in {', '.join(_SUFFIXES)}")
