"""The regular files of an image, the software that some of them describe, and whose they are."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.part.inventory import Inventory
from tools.lib.part.part import Origin, Part, PartEntry
from tools.lib.rootfs.image import ImageView
from tools.lib.rootfs.tree import FileLocation
from tools.sbom.bom import ListedFile
from tools.sbom.software import Software, read_software

# Where a wheel that is alone has all files, as in runfiles.
_SITE_PACKAGES = ("site-packages", "dist-packages")


@dataclass(frozen=True, slots=True)
class FoundSoftware:
    """Software, what was downloaded for it if that is known, and its files, sorted by path."""

    software: Software
    origin: Origin | None
    files: tuple[ListedFile, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """A regular file: its path without a leading slash, the part that has it, and its entry."""

    path: str
    part: Part
    entry: PartEntry


class ImageFiles:
    """The files of an image. A file belongs to the Debian package whose part has it, else to the
    software in the innermost directory above it, else to nobody.

    Args:
        parts: of all layers, bottom to top.
        inventories: of these parts, in any order.

    Attributes:
        view: the file system.
        packages: the files of Debian packages by the package's name, sorted by path.
        software: what is not a Debian package.
        others: the files that belong to neither, sorted by path.
    """

    def __init__(self, parts: Sequence[Part], inventories: Iterable[Inventory]) -> None:
        self.view = ImageView(parts)
        self._parts = parts
        self._inventories = {each.blob: each for each in inventories}
        files = [
            self._file(found.path.lstrip("/"), found.inode.source)
            for found in self.view.tree.walk()
            if found.inode.source
        ]
        files.sort(key=lambda file: path_bytes(file.path))
        found = self._find_software(files)
        directories = {software.directory: index for index, (software, _) in enumerate(found)}
        owned: dict[int, list[ListedFile]] = {}
        self.packages: dict[str, list[ListedFile]] = {}
        self.others: list[ListedFile] = []
        for file in files:
            listed = self._listed(file)
            if file.part.package:
                self.packages.setdefault(file.part.package.name, []).append(listed)
            elif (index := _innermost(directories, file.path)) is not None:
                owned.setdefault(index, []).append(listed)
            else:
                self.others.append(replace(listed, maker=file.part.label))
        self.software = [
            FoundSoftware(software, origin, tuple(owned.get(index, ())))
            for index, (software, origin) in enumerate(found)
        ]

    def text(self, path: str) -> str:
        """The text of what `path` leads to, if the inventories have it, else an empty string."""
        inode = self.view.inode(path)
        return self._text(self._file(path, inode.source)) if inode and inode.source else ""

    def package_origin(self, name: str) -> Origin | None:
        """What was downloaded for a Debian package."""
        for part in self._parts:
            if part.origin and part.package and part.package.name == name:
                return part.origin
        return None

    def _file(self, path: str, source: FileLocation) -> _File:
        part = self._parts[source.layer]
        return _File(path, part, part.entries[source.ordinal])

    def _text(self, file: _File) -> str:
        inventory = self._inventories.get(file.part.blob.sha256)
        return inventory.texts.get(file.entry.path, "") if inventory else ""

    def _listed(self, file: _File) -> ListedFile:
        inventory = self._inventories.get(file.part.blob.sha256)
        sha1 = inventory.sha1.get(file.entry.path, "") if inventory else ""
        return ListedFile(file.path, sha1, file.entry.sha256)

    def _find_software(self, files: Iterable[_File]) -> list[tuple[Software, Origin | None]]:
        """The software that files describe, in their order, and its origin."""
        found: list[tuple[Software, Origin | None]] = []
        for file in files:
            if not (text := self._text(file)):
                continue
            for software in read_software(file.path, text):
                origin = file.part.origin
                if not file.part.package:
                    known = origin is not None and origin.purl in software.purls
                    found.append((software, origin if known else None))
                elif software.kind == "java":
                    # Its files are the package's.
                    found.append((replace(software, directory=""), origin))
        counts = Counter(_parent(software) for software, _ in found if software.kind == "pypi")
        return [
            (_with_all_files(software) if counts[_parent(software)] == 1 else software, origin)
            for software, origin in found
        ]


def _parent(software: Software) -> str:
    return posixpath.dirname(software.directory)


def _with_all_files(software: Software) -> Software:
    """The software with all files beside its own, if it is a wheel."""
    parent = _parent(software)
    is_wheel = software.kind == "pypi" and posixpath.basename(parent) in _SITE_PACKAGES
    return replace(software, directory=parent) if is_wheel else software


def _innermost(directories: dict[str, int], path: str) -> int | None:
    while path := posixpath.dirname(path):
        if path in directories:
            return directories[path]
    return None
