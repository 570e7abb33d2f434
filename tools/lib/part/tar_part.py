"""Describes a tar from elsewhere: as a layer, and as a foreign part with what it contains."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tools.lib.archive.limits import MAX_DIRECTORY_PATHS
from tools.lib.archive.tar_entry import EntryType, TarEntry, path_bytes
from tools.lib.archive.tar_member import TarMember
from tools.lib.archive.tar_reader import content
from tools.lib.archive.tar_stream import TarStream
from tools.lib.cli.errors import ToolError
from tools.lib.elf.elf_file import MAGIC, ElfInfo, parse_elf_file
from tools.lib.part.inventory import FileRecord, Inventory, InventoryWriter
from tools.lib.part.part import Blob, Part, PartDirectory, PartEntry
from tools.lib.part.part_writer import has_text

# An ELF file up to this size is kept in memory while it is parsed, a larger one in a file.
_IN_MEMORY = 16 << 20


@dataclass(frozen=True, slots=True)
class TarPart:
    """A foreign part, its inventory, and the hex SHA-256 of its tar without compression."""

    part: Part
    inventory: Inventory
    uncompressed_sha256: str


def read_tar_part(source: BinaryIO, label: str, hint: str = "") -> TarPart:
    """Reads a tar, plain or compressed with gzip or zstd, once from start to end.

    Args:
        source: the file, which must be seekable.
        label: names the part in errors.
        hint: what the user can do about a tar that exceeds a limit.

    Raises:
        ToolError: the file is not a complete tar, or container runtimes could not unpack it or
            would do so differently. The message lacks the name of the file.
    """
    tar = TarStream(source, hint=hint)
    directories: dict[str, PartDirectory] = {}
    entries: list[PartEntry] = []
    inventory = InventoryWriter()

    def read_file(entry: TarEntry, chunks: Iterator[bytes]) -> FileContent:
        record = inventory.file(entry.path, entry.size)
        found = _read_file(entry, _recorded(chunks, record))
        record.close()
        return found

    for each in tar_entries(tar, read_file):
        if isinstance(each, PartDirectory):
            directories[each.path] = each
        else:
            entries.append(each)
    digests = tar.digests()
    part = Part(
        label=label,
        architecture=None,
        package=None,
        blob=Blob(tar.compression, digests.size, digests.uncompressed_size, digests.compressed),
        directories=tuple(directories[path] for path in sorted(directories, key=path_bytes)),
        entries=tuple(entries),
        foreign=True,
    )
    return TarPart(part, inventory.close(digests.compressed), digests.uncompressed)


@dataclass(frozen=True, slots=True)
class FileContent:
    """What the metadata says about the content of a file; see PartEntry."""

    sha256: str
    elf: ElfInfo | None = None
    text: str | None = None


ReadFile = Callable[[TarEntry, Iterator[bytes]], FileContent]
"""Describes a regular file from its entry and the chunks of its content, all of which it reads."""


def tar_entries(tar: TarStream, read_file: ReadFile) -> Iterator[PartEntry | PartDirectory]:
    """Yields the entries of a tar in its order.

    Raises:
        ToolError: see `read_tar_part`.
    """
    structure = _Structure()
    for member in tar.members():
        structure.add(member.entry)
        if member.entry.type == "directory":
            yield _part_directory(member.entry)
        else:
            yield _part_entry(tar, member, member.entry.type, read_file)


class _Structure:
    """The paths of a tar so far, to find entries that contradict each other."""

    def __init__(self) -> None:
        self._types: dict[str, EntryType] = {}
        self._parents: set[str] = {""}
        self._characters = 0  # of the parents
        self._waiting: dict[str, str] = {}  # hard links by the path of their missing file

    def add(self, entry: TarEntry) -> None:
        path, kind = entry.path, entry.type
        known = self._types.get(path)
        if known is not None and not known == kind == "directory":
            # Some runtimes keep the later entry, others fail, as for a hard link to itself.
            raise ToolError(f"{path}: duplicate entry", "remove one of them from the tar")
        if path in self._parents and kind != "directory":
            raise ToolError(f"{path or '/'}: a {kind}, but other entries are below it")
        self._types[path] = kind
        self._add_parents(path)
        if path in self._waiting:
            raise ToolError(
                f"{self._waiting[path]}: hard link to {path}, which comes later in the tar",
                "write the file before the link",
            )
        if kind == "hardlink":
            target = self._types.get(entry.link)
            if entry.link == path:
                raise ToolError(f"{path}: hard link to itself")
            if target == "directory":
                raise ToolError(f"{path}: hard link to the directory {entry.link}")
            if target is None:
                # It may be a file of a layer below.
                self._waiting.setdefault(entry.link, path)

    def _add_parents(self, path: str) -> None:
        parent = path.rpartition("/")[0]
        while parent not in self._parents:
            kind = self._types.get(parent, "directory")
            if kind not in ("directory", "symlink"):
                raise ToolError(f"{path}: below {parent}, which is a {kind}")
            self._parents.add(parent)
            self._characters += len(parent)
            if self._characters > MAX_DIRECTORY_PATHS:
                raise ToolError(f"paths of directories exceed {MAX_DIRECTORY_PATHS} characters")
            parent = parent.rpartition("/")[0]


def _part_directory(entry: TarEntry) -> PartDirectory:
    return PartDirectory(
        path=entry.path,
        mode=entry.mode,
        uid=entry.uid,
        gid=entry.gid,
        mtime=entry.mtime,
        xattrs=entry.xattrs,
    )


def _part_entry(
    tar: TarStream, member: TarMember, kind: EntryType, read_file: ReadFile
) -> PartEntry:
    assert kind != "directory"
    entry = member.entry
    file = FileContent("")
    if kind == "file":
        file = read_file(entry, content(member, tar.read_at))
    return PartEntry(
        path=entry.path,
        type=kind,
        mode=entry.mode,
        uid=entry.uid,
        gid=entry.gid,
        mtime=entry.mtime,
        size=entry.size,
        sha256=file.sha256,
        link=entry.link,
        device=entry.device,
        xattrs=entry.xattrs,
        elf=file.elf,
        text=file.text,
    )


def _read_file(entry: TarEntry, chunks: Iterator[bytes]) -> FileContent:
    """What the file is if it is an ELF file, and its text if steps read it."""
    sha256 = hashlib.sha256()
    start = next(chunks, b"")
    sha256.update(start)
    if start.startswith(MAGIC):
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as copy:
            copy.write(start)
            for chunk in chunks:
                sha256.update(chunk)
                copy.write(chunk)
            return FileContent(sha256.hexdigest(), elf=parse_elf_file(copy, entry.path))
    if has_text(entry.path, entry.size):
        data = b"".join([start, *chunks])
        text = data.decode("utf-8", "surrogateescape")
        return FileContent(hashlib.sha256(data).hexdigest(), text=text)
    for chunk in chunks:
        sha256.update(chunk)
    return FileContent(sha256.hexdigest())


def _recorded(chunks: Iterator[bytes], record: FileRecord) -> Iterator[bytes]:
    for chunk in chunks:
        record.update(chunk)
        yield chunk
