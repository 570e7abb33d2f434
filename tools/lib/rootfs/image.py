"""An image as the metadata of its parts describes it: what a path leads to, which files are ELF."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tools.lib.elf.elf_file import ElfInfo
from tools.lib.part.overlay import Conflict, Overlay
from tools.lib.part.part import Part, PartDirectory, PartEntry
from tools.lib.rootfs.tree import FileLocation, Inode, LayerMember, PathError, Tree

_FILE_TYPES = {
    "file": stat.S_IFREG,
    "hardlink": stat.S_IFREG,
    "symlink": stat.S_IFLNK,
    "char": stat.S_IFCHR,
    "block": stat.S_IFBLK,
    "fifo": stat.S_IFIFO,
}


@dataclass(frozen=True, slots=True, eq=False)
class ElfFile:
    """An ELF file of an image: its path (no leading slash), the part that has it, what it is."""

    path: str
    owner: str
    info: ElfInfo


class ImageView:
    """The files of an image, from the parts of all its layers, bottom to top.

    What cannot be unpacked, such as an entry below a file, is left out; `conflicts` has it.

    Attributes:
        tree: the file system.
        parts: the parts. In foreign ones, paths that lead through symlinks of the layers below are
            replaced by those that a container runtime writes to.
        overlay: the visible entries of these parts.
        conflicts: what does not go together.
        elf_files: the visible ELF files, in the order of the parts.

    Raises:
        ToolError: the parts of a layer contradict each other, or an entry takes too many steps to
            place.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.tree = Tree()
        self.overlay = Overlay()
        self.conflicts: list[Conflict] = []
        self._elf_files: dict[FileLocation, ElfFile] = {}
        self._texts: dict[FileLocation, str] = {}
        self._libraries: dict[FileLocation, Mapping[str, Sequence[str]]] = {}
        self.parts: list[Part] = []
        for layer, each in enumerate(parts):
            part = self._resolve(each) if each.foreign else each
            self.parts.append(part)
            conflicts = list(self.overlay.apply(part))
            self.conflicts += conflicts
            impossible = {id(conflict.entry) for conflict in conflicts if not conflict.is_possible}
            self.tree.apply(self._members(part, impossible))
            for ordinal, entry in enumerate(part.entries):
                source = FileLocation(layer, ordinal)
                if entry.elf is not None:
                    self._elf_files[source] = ElfFile(entry.path, part.owner, entry.elf)
                if entry.text is not None:
                    self._texts[source] = entry.text
                if entry.libraries is not None:
                    self._libraries[source] = entry.libraries
        visible = {found.inode.source for found in self.tree.walk()}
        self.elf_files = [elf for source, elf in self._elf_files.items() if source in visible]

    def exists(self, path: str) -> bool:
        """Whether `path` leads to something, following links inside the image."""
        return self.inode(path) is not None

    def elf_file(self, path: str) -> ElfFile | None:
        """The ELF file that `path` leads to, None if it leads to something else or to nothing."""
        inode = self.inode(path)
        return self._elf_files.get(inode.source) if inode and inode.source else None

    def text(self, path: str) -> str | None:
        """The text of the file that `path` leads to, None if the metadata does not include it."""
        inode = self.inode(path)
        return self._texts.get(inode.source) if inode and inode.source else None

    @property
    def has_cache(self) -> bool:
        """Whether the image has an ld.so.cache whose content the metadata tells."""
        inode = self.inode("/etc/ld.so.cache")
        return inode is not None and inode.source in self._libraries

    def cached_paths(self, library: str) -> Sequence[str]:
        """The paths of a library in the image's ld.so.cache, as far as the metadata tells."""
        inode = self.inode("/etc/ld.so.cache")
        cache = self._libraries.get(inode.source, {}) if inode and inode.source else {}
        return cache.get(library, ())

    def inode(self, path: str) -> Inode | None:
        """What `path` leads to, following links inside the image; None if nothing."""
        try:
            return self.tree.resolve(path).inode
        except PathError:
            return None

    def _resolve(self, part: Part) -> Part:
        """The part with the paths that a container runtime writes to, without symlinks."""
        directories: dict[str, str] = {}

        def resolve(path: str) -> str:
            directory, name = posixpath.split(path)
            if directory not in directories:
                directories[directory] = self.tree.locate(directory).lstrip("/")
            return posixpath.join(directories[directory], name)

        return replace(
            part,
            entries=tuple(
                replace(
                    entry,
                    path=resolve(entry.path),
                    link=resolve(entry.link) if entry.type == "hardlink" else entry.link,
                )
                for entry in part.entries
            ),
            directories=tuple(
                replace(directory, path=resolve(directory.path)) for directory in part.directories
            ),
        )

    def _members(self, part: Part, impossible: Collection[int]) -> Iterator[LayerMember]:
        for ordinal, entry in enumerate(part.entries):
            if id(entry) not in impossible:
                yield _entry_member(ordinal, entry)
        # The tree has made the parents of the entries by now. A directory in the place of a symlink
        # is a conflict; what is below it is still found through the link.
        parents = {posixpath.dirname(entry.path) for entry in part.entries}
        for directory in part.directories:
            is_empty = directory.path not in parents
            if (is_empty or part.foreign) and not self._is_not_a_directory(directory.path):
                yield _directory_member(directory)

    def _is_not_a_directory(self, path: str) -> bool:
        try:
            return not self.tree.resolve(path, follow=False).inode.is_dir
        except PathError:
            return False


def _entry_member(ordinal: int, entry: PartEntry) -> LayerMember:
    return LayerMember(
        ordinal,
        entry.path,
        _FILE_TYPES[entry.type] | entry.mode,
        entry.uid,
        entry.gid,
        0,
        entry.link,
        entry.type == "hardlink",
    )


def _directory_member(directory: PartDirectory) -> LayerMember:
    mode = stat.S_IFDIR | directory.mode
    return LayerMember(0, directory.path, mode, directory.uid, directory.gid, 0, "", False)
