"""Writes a release of Node.js as a part.

The part is the same whichever archive of the release it comes from: owners, modes and times are
fixed, because every packer has its own, and the content is compared with the hashes of the release.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tools.lib.archive import tar_reader
from tools.lib.archive.tar_entry import TarEntry
from tools.lib.cli.errors import ToolError
from tools.lib.debian.architectures import Architecture
from tools.lib.elf.elf_member import parse_elf_member
from tools.lib.part.part_writer import PartWriter
from tools.node.archive import LICENSE, PROGRAM, NodeArchive
from tools.node.spdx import spdx_document

_PROGRAM = f"nodejs/{PROGRAM}"
_LICENSE = f"nodejs/{LICENSE}"
_SPDX = "nodejs/node.spdx.json"
# Where license tests look for the licenses of an image.
_COPYRIGHT = "usr/share/doc/nodejs/copyright"

_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}")


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

    The part is not registered with dpkg: it is not a Debian package, so scanners must not compare
    it with Debian's list of vulnerabilities.

    Raises:
        ToolError: the version is invalid, or the files are not those of the release.
    """
    if not _VERSION.fullmatch(release.version):
        raise ToolError(f"invalid version {release.version!r:.80}", "write it like 24.21.0")
    elf = parse_elf_member(archive.program, archive.read_at)
    if elf is None:
        raise ToolError(f"{PROGRAM}: not an ELF file")
    if elf.machine != release.architecture.machine:
        raise ToolError(f"{PROGRAM}: not a program for {release.architecture.name}")

    found: dict[str, str] = {}
    for path, mode, member, sha256 in (
        (_LICENSE, 0o644, archive.license, release.license_sha256),
        (_PROGRAM, 0o755, archive.program, release.node_sha256),
    ):
        content = _HashedChunks(tar_reader.content(member, archive.read_at))
        entry = TarEntry(path, "file", mode, mtime=release.mtime, size=member.entry.size)
        writer.add(entry, content, elf if path == _PROGRAM else None)
        found[path] = content.check_sha256(sha256, member.entry.path)
    spdx = spdx_document(release.version, release.architecture.name, found[_PROGRAM], release.mtime)
    writer.add(TarEntry(_SPDX, "file", 0o644, mtime=release.mtime, size=len(spdx)), [spdx])
    writer.add(TarEntry(_COPYRIGHT, "symlink", 0o777, mtime=release.mtime, link=f"/{_LICENSE}"))
    writer.close(label=label, architecture=release.architecture.name, package=None)


class _HashedChunks:
    """Passes chunks on and computes the hash of all of them."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._sha256 = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._sha256.update(chunk)
            yield chunk

    def check_sha256(self, expected: str, path: str) -> str:
        """Returns the hash; raises a ToolError if `expected` is neither empty nor the same."""
        found = self._sha256.hexdigest()
        if expected and found != expected:
            raise ToolError(f"{path}: expected sha256 {expected}, found {found}")
        return found
