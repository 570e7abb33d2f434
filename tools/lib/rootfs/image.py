"""An image as its parts describe it: who owns a path, what a path leads to, which files are ELF."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tools.lib.data.json_values import require_int, require_object, require_string, require_strings
from tools.lib.elf.abi import Machine
from tools.lib.part.part import Part, owner
from tools.lib.rootfs.tree import Inode, Member, PathError, Source, Tree

_TYPES = {
    "file": stat.S_IFREG,
    "hardlink": stat.S_IFREG,
    "symlink": stat.S_IFLNK,
    "char": stat.S_IFCHR,
    "block": stat.S_IFBLK,
    "fifo": stat.S_IFIFO,
}


class Elf(NamedTuple):
    """A program, library or object file, and where it is (no leading slash)."""

    path: str
    owner: str
    machine: Machine
    flags: int
    """The machine's own, e_flags."""
    isa_level: int
    """The level of x86-64 that it needs: 0 for every processor, 3 for x86-64-v4."""
    type: str
    interpreter: str | None
    soname: str | None
    needed: tuple[str, ...]
    rpath: tuple[str, ...]
    runpath: tuple[str, ...]

    @property
    def is_loaded(self) -> bool:
        """Whether ld.so has to do with it: object files and kernel modules are something else."""
        return self.type in ("dyn", "exec")


class Image:
    """The files of an image, from the parts of all its layers, bottom to top."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.tree = Tree()
        self._elves: dict[Source, Elf] = {}
        self._texts: dict[Source, str] = {}
        self._caches: dict[Source, Mapping[str, Sequence[str]]] = {}
        for layer, part in enumerate(parts):
            self.tree.apply(self._members(part))
            for ordinal, entry in enumerate(part["entries"]):
                if entry.get("elf") is not None:
                    self._elves[Source(layer, ordinal)] = _elf(entry, owner(part))
                if "text" in entry:
                    self._texts[Source(layer, ordinal)] = entry["text"]
                if "libraries" in entry:
                    self._caches[Source(layer, ordinal)] = entry["libraries"]

    @property
    def elves(self) -> Iterable[Elf]:
        """Every ELF file, in the order of the parts."""
        return self._elves.values()

    def exists(self, path: str) -> bool:
        """Whether `path` leads to something, links followed inside the image."""
        return self.inode(path) is not None

    def is_link(self, path: str) -> bool:
        """Whether a symlink stands at `path` itself."""
        try:
            return self.tree.resolve(path, follow=False).inode.is_link
        except PathError:
            return False

    def elf(self, path: str) -> Elf | None:
        """The ELF file that `path` leads to; None if that is something else, or nothing."""
        inode = self.inode(path)
        return self._elves.get(inode.source) if inode and inode.source else None

    def text(self, path: str) -> str | None:
        """The text of the file that `path` leads to, None if the metadata does not have it."""
        inode = self.inode(path)
        return self._texts.get(inode.source) if inode and inode.source else None

    def cached(self, name: str) -> Sequence[str]:
        """Where the image's ld.so.cache has a library, if the metadata tells what it has."""
        inode = self.inode("/etc/ld.so.cache")
        cache = self._caches.get(inode.source, {}) if inode and inode.source else {}
        return cache.get(name, ())

    def inode(self, path: str) -> Inode | None:
        """What `path` leads to, links followed inside the image; None if that is nothing."""
        try:
            return self.tree.resolve(path).inode
        except PathError:
            return None

    def _members(self, part: Part) -> Iterator[Member]:
        for ordinal, entry in enumerate(part["entries"]):
            yield _member(ordinal, entry, _TYPES[entry["type"]])
        # Directories of entries are there by now. One in the place of a symlink is a conflict,
        # told by the check of paths; what lies below is still found through the link.
        filled = {posixpath.dirname(entry["path"]) for entry in part["entries"]}
        for entry in part["directories"]:
            if entry["path"] not in filled and not self.is_link(entry["path"]):
                yield _member(0, entry, stat.S_IFDIR)


def _member(ordinal: int, entry: dict[str, Any], kind: int) -> Member:
    return Member(
        ordinal,
        entry["path"],
        kind | int(entry["mode"], 8),
        entry["uid"],
        entry["gid"],
        0,
        entry.get("link", ""),
        entry.get("type") == "hardlink",
    )


def _elf(entry: dict[str, Any], name: str) -> Elf:
    where = f"{name}: {entry['path']}: elf"
    fields = require_object(entry["elf"], where)
    interpreter, soname = fields.get("interpreter"), fields.get("soname")
    return Elf(
        entry["path"],
        name,
        Machine(
            require_int(fields.get("class"), f"{where}.class", 64),
            require_string(fields.get("data"), f"{where}.data"),
            require_int(fields.get("machine"), f"{where}.machine", 0xFFFF),
        ),
        require_int(fields.get("flags"), f"{where}.flags", 0xFFFFFFFF),
        require_int(fields.get("isa_level"), f"{where}.isa_level", 31),
        require_string(fields.get("type"), f"{where}.type"),
        None if interpreter is None else require_string(interpreter, f"{where}.interpreter"),
        None if soname is None else require_string(soname, f"{where}.soname"),
        tuple(require_strings(fields.get("needed"), f"{where}.needed")),
        tuple(require_strings(fields.get("rpath"), f"{where}.rpath")),
        tuple(require_strings(fields.get("runpath"), f"{where}.runpath")),
    )
