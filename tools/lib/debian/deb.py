"""Reads a .deb up to its files: its members and its control files. Source of the format: deb(5)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from tools.lib.archive import ar, decompress, tar_reader
from tools.lib.archive.limits import (
    MAX_CONTROL_ARCHIVE,
    MAX_CONTROL_FILE,
    MAX_MD5SUMS,
    MIB,
    ArchiveLimits,
)
from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import ToolError
from tools.lib.debian.architectures import BY_DEBIAN_NAME
from tools.lib.debian.control import Control, parse_control

_LIMITS = ArchiveLimits(size=MAX_CONTROL_ARCHIVE, entries=4096, names=MIB)
_CONTROL_FILES = {
    "control": MAX_CONTROL_FILE,
    "md5sums": MAX_MD5SUMS,
    "postinst": MAX_CONTROL_FILE,
}
_MEMBERS = ("debian-binary", "control.tar", "data.tar")
_CONTROL_COMPRESSIONS = ("", ".gz", ".xz", ".zst")


class MemberStream:
    """Reads a member of an ar archive from its start to its end."""

    def __init__(self, source: IO[bytes], member: ar.ArMember) -> None:
        self._source = source
        self._left = member.size
        source.seek(member.offset)

    def read(self, size: int, /) -> bytes:
        """Returns the next `size` bytes; fewer at the end of the member."""
        data = self._source.read(min(size, self._left))
        self._left -= len(data)
        return data


@dataclass(frozen=True, slots=True)
class DebFile:
    """A package: its control file, its md5sums file and postinst script if it has them, and the
    place of its files.

    `architecture` is OCI's name, None for a package that fits every architecture.
    """

    control: Control
    architecture: str | None
    md5sums: bytes | None
    data: ar.ArMember
    postinst: bytes = b""

    @property
    def data_suffix(self) -> str:
        """The compression of the files, as the suffix of a file name: `.xz`, or `` for none."""
        return self.data.name.removeprefix("data.tar")


def read_deb(source: IO[bytes], end: int) -> DebFile:
    """Reads the package in a file of `end` bytes up to its files.

    Raises:
        ToolError: the file is not a .deb, is damaged or of an unknown version.
    """
    version, control_tar, data_tar = _format_members(source, end)
    digits, newline, _ = MemberStream(source, version).read(64).partition(b"\n")
    if not newline or not digits.startswith(b"2.") or not digits[2:].isdigit():
        raise ToolError(f"debian-binary: unknown version {digits!r}", "the format's version is 2.0")
    files = read_control_files(source, control_tar, _CONTROL_FILES)
    if "control" not in files:
        raise ToolError(f"{control_tar.name}: missing file control")
    control = parse_control(files["control"])
    architecture = _oci_architecture(control.package.architecture)
    return DebFile(
        control, architecture, files.get("md5sums"), data_tar, files.get("postinst", b"")
    )


def decompressed(source: IO[bytes], member: ar.ArMember, suffix: str) -> Iterator[bytes]:
    """Yields the content of control.tar or data.tar, whose name ends in `suffix`.

    Raises:
        ToolError: it is damaged, or has more streams than dpkg-deb reads: of gzip all, of others
            one.
    """
    stream = MemberStream(source, member)
    return decompress.chunks(stream, suffix, concatenated=suffix == ".gz")


def _oci_architecture(name: str) -> str | None:
    if name == "all":
        return None
    if name not in BY_DEBIAN_NAME:
        raise ToolError(
            f"control: Architecture: {name!r:.80} has no OCI name",
            f"must be one of all, {', '.join(sorted(BY_DEBIAN_NAME))}",
        )
    return BY_DEBIAN_NAME[name].name


def control_member(source: IO[bytes], end: int) -> ar.ArMember:
    """The place of the control files. Reads no further.

    Args:
        source: the file, or its first bytes.
        end: bytes of the whole file.

    Raises:
        ToolError: the file is not a .deb.
    """
    found = itertools.islice(_format_members(source, end), 2)
    return list(found)[1]


def _format_members(source: IO[bytes], end: int) -> Iterator[ar.ArMember]:
    """Yields the three members of the format, in its order.

    Members whose names start with an underscore may be between them, others after them. deb(5)
    says to ignore these.
    """
    wanted = list(_MEMBERS)
    names: set[str] = set()
    started = False
    for member in ar.members(source, end):
        if member.name in names:
            raise ToolError(f"{member.name}: duplicate member")
        names.add(member.name)
        stem = ".".join(member.name.split(".")[:2])
        if stem in wanted[:1]:
            started = True
            wanted.pop(0)
            yield member
        elif stem in _MEMBERS or (wanted and not (started and member.name.startswith("_"))):
            raise ToolError(f"{member.name}: unexpected member at this place of the package")
    if wanted:
        raise ToolError(f"missing member {wanted[0]}")


def read_control_files(
    source: IO[bytes], control_tar: ar.ArMember, wanted: Mapping[str, int] | None = None
) -> dict[str, bytes]:
    """The control files of a package, by name.

    Args:
        source: the package.
        control_tar: where they are in it.
        wanted: the names of the files to read, and how many bytes each may have; None: all files.

    Raises:
        ToolError: the archive is damaged, or a file is too large or there twice.
    """
    suffix = control_tar.name.removeprefix("control.tar")
    if suffix not in _CONTROL_COMPRESSIONS:
        raise ToolError(
            f"{control_tar.name}: unknown compression {suffix!r}",
            f"must be one of {', '.join(_CONTROL_COMPRESSIONS[1:])}, or none",
        )
    with error_context(control_tar.name):
        return _read_files(decompressed(source, control_tar, suffix), wanted)


def _read_files(chunks: Iterable[bytes], wanted: Mapping[str, int] | None) -> dict[str, bytes]:
    archive = b"".join(decompress.bounded(chunks, MAX_CONTROL_ARCHIVE))

    def read_at(offset: int, length: int) -> bytes:
        return archive[offset : offset + length]

    files: dict[str, bytes] = {}
    for member in tar_reader.members(read_at, len(archive), _LIMITS):
        path = member.entry.path
        if path in files:
            raise ToolError(f"{path}: duplicate entry")
        if member.entry.type != "file" or (wanted is not None and path not in wanted):
            continue
        if wanted is not None and member.entry.size > wanted[path]:
            raise ToolError(f"{path}: {member.entry.size} bytes, more than {wanted[path]}")
        files[path] = b"".join(tar_reader.content(member, read_at))
    return files
