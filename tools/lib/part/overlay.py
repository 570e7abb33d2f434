"""Which entries of an image are visible: the parts of all layers, applied by path.

Only paths count here; symlinks are not followed. OCI image-spec 1.1, layer.md, defines whiteouts.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from tools.lib.part.part import Part, PartDirectory, PartEntry

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"

_Owned = TypeVar("_Owned")


@dataclass(frozen=True, slots=True)
class OwnedEntry:
    """An entry and the part that has it."""

    entry: PartEntry
    part: Part

    @property
    def path(self) -> str:
        return self.entry.path


@dataclass(frozen=True, slots=True)
class OwnedDirectory:
    """A directory and the part that has it."""

    directory: PartDirectory
    part: Part

    @property
    def path(self) -> str:
        return self.directory.path


@dataclass(frozen=True, slots=True)
class Conflict:
    """An entry or directory of `part` that does not go with what was there before.

    `previous` is an entry at the same path or at a parent, or a directory at the same path. It is
    None for a hard link without a target.
    """

    entry: PartEntry | PartDirectory
    part: Part
    previous: OwnedEntry | OwnedDirectory | None

    @property
    def is_possible(self) -> bool:
        """Whether the entry can be unpacked all the same: it replaces what was there."""
        return self.previous is not None and self.previous.path == self.entry.path


def is_whiteout(path: str) -> bool:
    """Whether an entry of a foreign part deletes something of the layers below."""
    return posixpath.basename(path).startswith(_WHITEOUT)


class Overlay:
    """The visible entries and directories by path, after each part that was applied."""

    def __init__(self) -> None:
        self.entries: dict[str, OwnedEntry] = {}
        self.directories: dict[str, OwnedDirectory] = {}

    def apply(self, part: Part) -> Iterator[Conflict]:
        """Applies the next part, from the bottom up, and yields its conflicts.

        After a conflict, the later entry is visible. A directory in the place of an entry is not:
        what is below the entry would seem to be missing too.
        """
        if part.foreign:
            self._apply_whiteouts(part)
        for entry in part.entries:
            if part.foreign and is_whiteout(entry.path):
                continue
            previous = self.entries.get(entry.path) or self.directories.get(entry.path)
            if previous is not None and not _may_follow(entry, part, previous):
                yield Conflict(entry, part, previous)
            elif part.foreign and (parent := self._file_above(entry.path)):
                yield Conflict(entry, part, parent)
                continue
            elif part.foreign and entry.type == "hardlink" and entry.link not in self.entries:
                yield Conflict(entry, part, None)
                continue
            self.directories.pop(entry.path, None)
            self.entries[entry.path] = OwnedEntry(entry, part)
        for directory in part.directories:
            other = self.entries.get(directory.path)
            if other is not None:
                yield Conflict(directory, part, other)
            else:
                self.directories[directory.path] = OwnedDirectory(directory, part)

    def _file_above(self, path: str) -> OwnedEntry | None:
        """The entry that cannot have entries below it, if a parent is one; links are followed."""
        while path := posixpath.dirname(path):
            parent = self.entries.get(path)
            if parent is not None and parent.entry.type != "symlink":
                return parent
        return None

    def _apply_whiteouts(self, part: Part) -> None:
        deleted: set[str] = set()
        emptied: set[str] = set()
        for entry in part.entries:
            directory, name = posixpath.split(entry.path)
            if name == _OPAQUE:
                emptied.add(directory)
            elif name.startswith(_WHITEOUT) and not name.startswith(_WHITEOUT * 2):
                deleted.add(posixpath.join(directory, name.removeprefix(_WHITEOUT)))
        if deleted or emptied:
            self.entries = _without(self.entries, deleted, emptied)
            self.directories = _without(self.directories, deleted, emptied)


def _may_follow(entry: PartEntry, part: Part, previous: OwnedEntry | OwnedDirectory) -> bool:
    """Whether an entry may take the place of the previous one: as declared, or as it is the same
    symlink."""
    same = isinstance(previous, OwnedEntry) and entry.is_same_symlink(previous.entry)
    return same or entry.path in part.replaces


def _without(
    found: Mapping[str, _Owned], deleted: set[str], emptied: set[str]
) -> dict[str, _Owned]:
    return {path: value for path, value in found.items() if not _is_deleted(path, deleted, emptied)}


def _is_deleted(path: str, deleted: set[str], emptied: set[str]) -> bool:
    while path:
        if path in deleted:
            return True
        path = posixpath.dirname(path)
        if path in emptied:
            return True
    return False


def apply_all(parts: Iterable[Part]) -> Overlay:
    """Applies the parts of all layers, bottom to top, whatever their conflicts."""
    overlay = Overlay()
    for part in parts:
        for _ in overlay.apply(part):
            pass
    return overlay
