"""Writes a release of Node.js as a part.

The part is the same whichever archive of the release it comes from: owners, modes and times are
fixed, because every packer has its own, and the content is compared with the hashes of the release.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tools.lib.archive import tar_reader
from tools.lib.archive.tar_entry import TarEntry
from tools.lib.cli.errors import ToolError
from tools.lib.debian.architectures import Architecture
from tools.lib.debian.control import parse_control
from tools.lib.debian.dpkg_status import status_files
from tools.lib.elf.elf_member import parse_elf_member
from tools.lib.part.part_writer import PartWriter
from tools.node.archive import LICENSE, PROGRAM, NodeArchive

_PROGRAM = f"nodejs/{PROGRAM}"
_LICENSE = f"nodejs/{LICENSE}"
# Where scanners and license tests look for a package's license.
_COPYRIGHT = "usr/share/doc/nodejs/copyright"

# What scanners read. Debian's own package has the same name.
_CONTROL = """\
Package: nodejs
Version: {version}
Architecture: {architecture}
Maintainer: OpenJS Foundation <https://openjsf.org/>
Homepage: https://nodejs.org/
Description: JavaScript runtime, as nodejs.org releases it
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRelease:
    """What is known of a release for one architecture.

    `mtime`, in seconds since 1970, is the time of all entries of the part. The hashes are hex;
    empty if the hash of the archive suffices.
    """

    version: str
    architecture: Architecture
    mtime: int
    node_sha256: str
    license_sha256: str


def write_release(
    archive: NodeArchive, release: NodeRelease, writer: PartWriter, label: str
) -> None:
    """Writes the part and closes it. Its entries are in the order of their paths.

    Raises:
        ToolError: the files are not those of the release.
    """
    control = parse_control(
        _CONTROL.format(version=release.version, architecture=release.architecture.debian).encode()
    )
    elf = parse_elf_member(archive.program, archive.read_at)
    if elf is None:
        raise ToolError(f"{PROGRAM}: not an ELF file")
    if elf.machine != release.architecture.machine:
        raise ToolError(f"{PROGRAM}: not a program for {release.architecture.name}")

    md5sums: dict[str, str] = {}
    for path, mode, member, sha256 in (
        (_LICENSE, 0o644, archive.license, release.license_sha256),
        (_PROGRAM, 0o755, archive.program, release.node_sha256),
    ):
        content = _HashedChunks(tar_reader.content(member, archive.read_at))
        entry = TarEntry(path, "file", mode, mtime=release.mtime, size=member.entry.size)
        writer.add(entry, content, elf if path == _PROGRAM else None)
        content.check_sha256(sha256, member.entry.path)
        md5sums[path] = content.md5.hexdigest()
    writer.add(TarEntry(_COPYRIGHT, "symlink", 0o777, mtime=release.mtime, link=f"/{_LICENSE}"))
    for path, data in status_files(control, md5sums).items():
        writer.add(TarEntry(path, "file", 0o644, mtime=release.mtime, size=len(data)), [data])
    writer.close(label=label, architecture=release.architecture.name, package=control.package)


class _HashedChunks:
    """Passes chunks on and computes the hashes of all of them."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._sha256 = hashlib.sha256()
        self.md5 = hashlib.md5(usedforsecurity=False)

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._sha256.update(chunk)
            self.md5.update(chunk)
            yield chunk

    def check_sha256(self, expected: str, path: str) -> None:
        """Raises a ToolError if `expected` is neither empty nor the hash of what was passed on."""
        found = self._sha256.hexdigest()
        if expected and found != expected:
            raise ToolError(f"{path}: expected sha256 {expected}, found {found}")
