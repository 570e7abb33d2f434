"""Opens a .deb: its three members, and its control files. Source of the format: deb(5)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import IO, NamedTuple

from tools.lib.archive import ar, decompress
from tools.lib.archive import tar_reader as tar
from tools.lib.cli.errors import ToolError
from tools.lib.debian import control
from tools.lib.debian.architectures import BY_DEBIAN_NAME

# Of Debian's packages the largest control archive is of some MB, for the md5sums of 100,000 files.
_MAX_CONTROL = 64 << 20

_CONTROL_FILES = ("control", "md5sums")
_CONTROL_COMPRESSIONS = ("", ".gz", ".xz", ".zst")


@contextlib.contextmanager
def within(where: str) -> Iterator[None]:
    """Begins the errors of what it encloses with the file or member that they are about."""
    try:
        yield
    except ToolError as error:
        raise ToolError(f"{where}: {error.message}", error.hint) from None


class Section:
    """A member of the package, to be read forward."""

    def __init__(self, source: IO[bytes], member: ar.ArMember) -> None:
        self._source = source
        self._left = member.size
        source.seek(member.offset)

    def read(self, size: int, /) -> bytes:
        data = self._source.read(min(size, self._left))
        self._left -= len(data)
        return data


class Deb(NamedTuple):
    """A package: its control file, its md5sums if it has some, and where its files are.

    `architecture` is OCI's name, None if the package fits every one.
    """

    control: control.Control
    architecture: str | None
    md5sums: bytes | None
    data: ar.ArMember

    @property
    def data_suffix(self) -> str:
        """The compression, as a file's name has it: `.xz`, or `` for none."""
        return self.data.name.removeprefix("data.tar")


def open_deb(source: IO[bytes], end: int) -> Deb:
    """Reads the package in a file of `end` bytes, up to its files.

    Raises:
        ToolError: it is none, is damaged or of an unknown version.
    """
    version, control_tar, data_tar = _members(source, end)
    digits = Section(source, version).read(64).partition(b"\n")[0]
    if not digits.startswith(b"2.") or not digits[2:].isdigit():
        raise ToolError(f"debian-binary: version {digits!r}, 2.x is known")
    suffix = control_tar.name.removeprefix("control.tar")
    if suffix not in _CONTROL_COMPRESSIONS:
        raise ToolError(f"{control_tar.name}: {suffix!r} is no compression of a control archive")
    with within(control_tar.name):
        files = _control_files(decompress.chunks(Section(source, control_tar), suffix))
        if "control" not in files:
            raise ToolError("has no file control")
    parsed = control.parse(files["control"])
    architecture = _architecture(parsed.package.architecture)
    return Deb(parsed, architecture, files.get("md5sums"), data_tar)


def _architecture(name: str) -> str | None:
    if name == "all":
        return None
    if name not in BY_DEBIAN_NAME:
        raise ToolError(
            f"control: the architecture {name}, which has no name in OCI images",
            f"known are all, {', '.join(sorted(BY_DEBIAN_NAME))}",
        )
    return BY_DEBIAN_NAME[name].name


def _members(source: IO[bytes], end: int) -> tuple[ar.ArMember, ar.ArMember, ar.ArMember]:
    """The members that count, which come in this order; deb(5) has others to be passed over."""
    wanted = ("debian-binary", "control.tar", "data.tar")
    found: list[ar.ArMember] = []
    names: set[str] = set()
    for member in ar.members(source, end):
        if member.name in names:
            raise ToolError(f"{member.name}: twice in the package")
        names.add(member.name)
        stem = ".".join(member.name.split(".")[:2])
        if len(found) < len(wanted) and stem == wanted[len(found)]:
            found.append(member)
        elif stem in wanted or (len(found) < len(wanted) and not member.name.startswith("_")):
            raise ToolError(f"{member.name}: unexpected at its place in the package")
    if len(found) < len(wanted):
        raise ToolError(f"has no {wanted[len(found)]}")
    return found[0], found[1], found[2]


def _control_files(chunks: Iterable[bytes]) -> dict[str, bytes]:
    archive = bytearray()
    for chunk in chunks:
        archive += chunk
        if len(archive) > _MAX_CONTROL:
            raise ToolError(f"more than {_MAX_CONTROL} bytes uncompressed")

    def read_at(offset: int, length: int) -> bytes:
        return bytes(archive[offset : offset + length])

    files: dict[str, bytes] = {}
    for member in tar.members(read_at, len(archive)):
        path = member.entry.path
        if path in files:
            raise ToolError(f"{path}: twice in the archive")
        if member.entry.type == "file" and path in _CONTROL_FILES:
            # A file with holes may be larger than its archive.
            if member.entry.size > _MAX_CONTROL:
                raise ToolError(f"{path}: {member.entry.size} bytes")
            files[path] = b"".join(tar.content(member, read_at))
    return files
