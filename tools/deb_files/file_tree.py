"""The files of packages by path, and how they are written to a directory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tools.lib.archive.extents import ReadAt
from tools.lib.archive.tar_entry import TarEntry
from tools.lib.archive.tar_member import TarMember
from tools.lib.archive.tar_reader import content
from tools.lib.cli.errors import ToolError
from tools.lib.debian.unpack import UnpackedDeb
from tools.lib.rootfs.links import target_of

# What Linux follows in one path.
_MAX_LINKS = 40


@dataclass(frozen=True, slots=True)
class PackedFile:
    """An entry of a package's archive, and how its data is read."""

    member: TarMember
    read_at: ReadAt

    @property
    def entry(self) -> TarEntry:
        return self.member.entry


class FileTree:
    """The entries of packages by path, and where their links lead.

    Args:
        packages: the packages. They may share directories, and no other path.

    Raises:
        ToolError: two entries have one path, or an entry is below one that is not a directory.
    """

    def __init__(self, packages: Iterable[UnpackedDeb]) -> None:
        self.entries: dict[str, PackedFile] = {}
        self._directories: set[str] = {""}
        for package in packages:
            for member in package.members:
                self._add(PackedFile(member, package.read_at))
        for path in sorted(self._directories & set(self.entries)):
            if self.entries[path].entry.type != "directory":
                raise ToolError(f"{path}: a {self.entries[path].entry.type} with entries below it")

    def _add(self, packed: PackedFile) -> None:
        entry = packed.entry
        if not entry.path:
            return
        other = self.entries.get(entry.path)
        if other and not (entry.type == other.entry.type == "directory"):
            raise ToolError(f"{entry.path}: duplicate entry")
        self.entries[entry.path] = packed
        above = entry.path if entry.type == "directory" else os.path.dirname(entry.path)
        while above not in self._directories:
            self._directories.add(above)
            above = os.path.dirname(above)

    def is_directory(self, path: str) -> bool:
        return path in self._directories

    def resolve(self, path: str) -> str | None:
        """The path that a path leads to, with all links followed; None if nothing is there."""
        for _ in range(_MAX_LINKS):
            parts = path.split("/") if path else []
            for count in range(1, len(parts) + 1):
                prefix = "/".join(parts[:count])
                packed = self.entries.get(prefix)
                if packed and packed.entry.type == "symlink":
                    target = target_of(prefix, packed.entry.link)
                    if target is None:
                        return None
                    path = "/".join([target, *parts[count:]]).strip("/")
                    break
            else:
                return path if path in self.entries or path in self._directories else None
        return None

    def file(self, path: str) -> PackedFile | None:
        """The regular file that a path leads to, links and hard links followed."""
        found = self.resolve(path)
        for _ in range(_MAX_LINKS):
            packed = self.entries.get(found) if found is not None else None
            if packed is None or packed.entry.type == "file":
                return packed
            if packed.entry.type != "hardlink":
                return None
            found = packed.entry.link
        return None


def read(packed: PackedFile) -> bytes:
    """The content of a file that is known to be small."""
    return b"".join(content(packed.member, packed.read_at))


def write_file(packed: PackedFile, path: str) -> None:
    """Writes a file, executable or not, without the other bits of its mode."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "xb") as out:
        for chunk in content(packed.member, packed.read_at):
            out.write(chunk)
    os.chmod(path, 0o755 if packed.entry.mode & 0o111 else 0o644)


def write_tree(tree: FileTree, directory: str) -> None:
    """Writes all files of a tree.

    A link leads to the same file as in the package, by a relative path. Links to what the tree does
    not have are left out, and those to a directory above themselves, which readers would follow
    without end; so are devices and named pipes.

    Raises:
        ToolError: a hard link has no target.
    """
    os.makedirs(directory, exist_ok=True)
    for path, packed in tree.entries.items():
        if packed.entry.type in ("file", "hardlink"):
            file = tree.file(path)
            if file is None:
                raise ToolError(f"{path}: hard link to {packed.entry.link}, which is not a file")
            write_file(file, os.path.join(directory, path))
    for path, packed in tree.entries.items():
        if packed.entry.type == "directory":
            os.makedirs(os.path.join(directory, path), exist_ok=True)
    for path, packed in tree.entries.items():
        if packed.entry.type == "symlink":
            _write_link(tree, directory, path)


def _write_link(tree: FileTree, directory: str, path: str) -> None:
    target = tree.resolve(path)
    if target is None or (tree.is_directory(target) and f"{path}/".startswith(f"{target}/")):
        return
    if not tree.is_directory(target) and tree.file(target) is None:
        return
    os.makedirs(os.path.dirname(os.path.join(directory, path)), exist_ok=True)
    link = os.path.relpath(target or ".", os.path.dirname(path) or ".")
    os.symlink(link, os.path.join(directory, path))


def write_all(
    directory: str, files: Mapping[str, PackedFile], links: Sequence[tuple[str, str]]
) -> None:
    """Writes files, and links beside them, by their paths in the directory."""
    os.makedirs(directory, exist_ok=True)
    for path, packed in files.items():
        write_file(packed, os.path.join(directory, path))
    for path, target in links:
        os.symlink(target, os.path.join(directory, path))
