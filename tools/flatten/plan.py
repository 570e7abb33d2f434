"""Decides which entries of several tars are in the tar that they become."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field

from tools.lib.archive.tar_entry import EntryType, TarEntry
from tools.lib.cli.errors import ToolError

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the entry of a path is: the tar, from 0 for the lowest, and the entry in it."""

    tar: int
    ordinal: int
    type: EntryType


@dataclass(slots=True)
class FlattenPlan:
    """The entries to keep, added tar by tar from the bottom up.

    Of several entries of one path the last is kept. Whiteouts delete entries of the tars below, and
    are kept, since they may delete something of an image underneath too.
    """

    _places: dict[str, _Place] = field(default_factory=dict)
    _links: dict[str, tuple[str, _Place]] = field(default_factory=dict)  # hard links and targets

    def add(self, number: int, name: str, entries: Iterable[TarEntry]) -> None:
        """Adds the next tar.

        Args:
            number: its number, from 0 for the lowest.
            name: the file, for errors.
            entries: its entries in their order.

        Raises:
            ToolError: an entry and one of a tar below exclude each other.
        """
        own: dict[str, _Place] = {}
        whiteouts: set[str] = set()
        opaque: set[str] = set()
        for ordinal, entry in enumerate(entries):
            if not entry.path:
                continue
            directory, base = posixpath.split(entry.path)
            if base == _OPAQUE:
                opaque.add(directory)
            elif base.startswith(_WHITEOUT):
                whiteouts.add(posixpath.join(directory, base.removeprefix(_WHITEOUT)))
            place = own[entry.path] = _Place(number, ordinal, entry.type)
            if entry.type == "hardlink":
                self._links[entry.path] = (entry.link, own.get(entry.link, place))
        if whiteouts or opaque:
            self._delete(whiteouts, opaque)
        for path, place in own.items():
            known = self._places.get(path)
            if known and (known.type == "directory") != (place.type == "directory"):
                raise ToolError(
                    f"{name}: {path}: {place.type}, but {known.type} in a tar before it",
                    "remove it from one of `tars`",
                )
        self._places |= own

    def kept(self, number: int) -> set[int]:
        """The ordinals of the entries of a tar to keep, once all tars were added.

        Raises:
            ToolError: a hard link is kept, but not its file.
        """
        for path, (target, file) in self._links.items():
            place = self._places.get(path)
            if place and place.tar == number and place.type == "hardlink":
                found = self._places.get(target)
                if found is None or (found.tar == number and found != file):
                    raise ToolError(f"{path}: hard link to {target}, which is not an earlier file")
                if found.tar != number:
                    raise ToolError(
                        f"{path}: hard link to {target}, which another of `tars` replaces",
                        "remove one of them",
                    )
        return {place.ordinal for place in self._places.values() if place.tar == number}

    def _delete(self, whiteouts: set[str], opaque: set[str]) -> None:
        """Deletes the entries that whiteouts name, and all that is below them or `opaque`."""
        below = whiteouts | opaque

        def is_deleted(path: str) -> bool:
            parents = [path[:end] for end, character in enumerate(path) if character == "/"]
            return path in whiteouts or "" in below or not below.isdisjoint(parents)

        self._places = {path: place for path, place in self._places.items() if not is_deleted(path)}
