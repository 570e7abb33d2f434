"""Writes Node.js as a part of a layer, the same whichever archive of a release it comes from.

Owners, modes and times are fixed here, for each packer has its own; the bytes are held to what is
known of the release.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tools.lib.archive import tar_reader as tar
from tools.lib.archive.tar_entry import Entry
from tools.lib.cli.errors import ToolError
from tools.lib.debian import control
from tools.lib.debian.architectures import Architecture
from tools.lib.elf.elf_file import ElfInfo, parse_elf
from tools.lib.part.part import Part
from tools.lib.part.part_writer import PartWriter
from tools.node.archive import LICENSE, PROGRAM, Archive

_ROOT = "nodejs"
_PROGRAM = f"{_ROOT}/{PROGRAM}"
_LICENSE = f"{_ROOT}/{LICENSE}"
# Where scanners and tests of licences look for a package's.
_COPYRIGHT = "usr/share/doc/nodejs/copyright"
_STATUS = "var/lib/dpkg/status.d/nodejs"

# What scanners read. The name is that of Debian's own package, so they find what is known of it.
_CONTROL = """\
Package: nodejs
Version: {version}
Architecture: {architecture}
Maintainer: OpenJS Foundation <https://openjsf.org/>
Homepage: https://nodejs.org/
Description: JavaScript runtime, as nodejs.org releases it
"""


class Release(NamedTuple):
    """What is known of a release: `mtime` is the time that all entries get, the hashes are hex or
    empty where an archive's own hash says enough."""

    version: str
    architecture: Architecture
    mtime: int
    node_sha256: str
    license_sha256: str


def write_part(archive: Archive, release: Release, writer: PartWriter, label: str) -> Part:
    """Writes /nodejs/LICENSE, /nodejs/bin/node and what registers them; returns the metadata.

    In the order of the paths, as a part wants it.

    Raises:
        ToolError: the files are not those of the release.
    """
    stanza = control.parse(
        _CONTROL.format(version=release.version, architecture=release.architecture.debian).encode()
    )
    architecture = release.architecture
    described = _elf(archive.program, archive.read_at)
    if described.machine != architecture.machine:
        raise ToolError(f"{PROGRAM}: a program for another machine than {architecture.debian}")

    sums: list[str] = []
    for path, mode, source, expected, of_elf in (
        (_LICENSE, 0o644, archive.license, release.license_sha256, None),
        (_PROGRAM, 0o755, archive.program, release.node_sha256, described),
    ):
        hashed = _Hashed(tar.content(source, archive.read_at))
        entry = Entry(path, "file", mode, mtime=release.mtime, size=source.entry.size)
        writer.add(entry, hashed, of_elf)
        hashed.check(source.entry.path, expected)
        sums.append(f"{hashed.md5.hexdigest()}  {path}\n")
    copyright_link = Entry(_COPYRIGHT, "symlink", 0o777, mtime=release.mtime, link=f"/{_LICENSE}")
    writer.add(copyright_link)
    for path, data in (
        (_STATUS, stanza.paragraph),
        (f"{_STATUS}.md5sums", "".join(sums).encode()),
    ):
        writer.add(Entry(path, "file", 0o644, mtime=release.mtime, size=len(data)), [data])
    return writer.close(label=label, architecture=architecture.name, package=stanza.package)


class _Hashed:
    """Chunks on their way, and what their hashes are when all have passed."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._sha256 = hashlib.sha256()
        self.md5 = hashlib.md5(usedforsecurity=False)

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._sha256.update(chunk)
            self.md5.update(chunk)
            yield chunk

    def check(self, path: str, expected: str) -> None:
        found = self._sha256.hexdigest()
        if expected and found != expected:
            raise ToolError(
                f"{path}: sha256 is {found}, and not {expected}", "it is not the release's own file"
            )


def _elf(member: tar.Member, read_at: tar.ReadAt) -> ElfInfo:
    described = None
    if len(member.extents) == 1:
        _, start, size = member.extents[0]
        described = parse_elf(
            lambda offset, length: read_at(start + offset, max(0, min(length, size - offset)))
        )
    if described is None:
        raise ToolError(f"{PROGRAM}: no ELF file")
    return described
