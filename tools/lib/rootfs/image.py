"""An image as the metadata of its parts describes it: what a path leads to, which files are ELF."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tools.lib.elf.elf_file import ElfInfo
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
    """The files of an image, from the parts of all its layers, bottom to top."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.tree = Tree()
        self._elf_files: dict[FileLocation, ElfFile] = {}
        self._texts: dict[FileLocation, str] = {}
        self._libraries: dict[FileLocation, Mapping[str, Sequence[str]]] = {}
        for layer, part in enumerate(parts):
            self.tree.apply(self._members(part))
            for ordinal, entry in enumerate(part.entries):
                source = FileLocation(layer, ordinal)
                if entry.elf is not None:
                    self._elf_files[source] = ElfFile(entry.path, part.owner, entry.elf)
                if entry.text is not None:
                    self._texts[source] = entry.text
                if entry.libraries is not None:
                    self._libraries[source] = entry.libraries

    @property
    def elf_files(self) -> Iterable[ElfFile]:
        """Every ELF file, in the order of the parts."""
        return self._elf_files.values()

    def exists(self, path: str) -> bool:
        """Whether `path` leads to something, following links inside the image."""
        return self.inode(path) is not None

    def is_link(self, path: str) -> bool:
        """Whether `path` itself is a symlink."""
        try:
            return self.tree.resolve(path, follow=False).inode.is_link
        except PathError:
            return False

    def elf_file(self, path: str) -> ElfFile | None:
        """The ELF file that `path` leads to, None if it leads to something else or to nothing."""
        inode = self.inode(path)
        return self._elf_files.get(inode.source) if inode and inode.source else None

    def text(self, path: str) -> str | None:
        """The text of the file that `path` leads to, None if the metadata does not include it."""
        inode = self.inode(path)
        return self._texts.get(inode.source) if inode and inode.source else None

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

    def _members(self, part: Part) -> Iterator[LayerMember]:
        for ordinal, entry in enumerate(part.entries):
            yield _entry_member(ordinal, entry)
        # The tree has made the parents of the entries by now. A directory in the place of a symlink
        # is a conflict, which the check of paths reports; what is below it is found through the
        # link.
        parents = {posixpath.dirname(entry.path) for entry in part.entries}
        for directory in part.directories:
            if directory.path not in parents and not self.is_link(directory.path):
                yield _directory_member(directory)


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
