"""Whether an image needs an ld.so.cache, and of which directories, from metadata alone."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable

from tools.lib.debian.architectures import Architecture
from tools.lib.rootfs.image import ElfFile, ImageView
from tools.lib.rootfs.loader import Loader


def needed_directories(
    image: ImageView, architecture: Architecture, own: Collection[str]
) -> list[str] | None:
    """The directories that a cache must have besides those that ld.so knows.

    A library in several directories, such as the alternatives of BLAS, is left out: which of them
    is meant, nobody tells.

    Args:
        image: the image.
        architecture: its architecture.
        own: the paths that the image adds to its base. Only what these are and need counts.

    Returns:
        The directories, sorted; None if ld.so finds all libraries without a cache, and the base has
        none, or one that lists them.
    """
    names = [(name, elf) for elf in image.elf_files for name in _names(elf)]
    native = [(name, elf) for name, elf in names if elf.info.machine == architecture.machine]
    found: dict[str, set[str]] = {}
    for name, elf in native:
        found.setdefault(name, set()).add(_directory(elf))
    directories: set[str] = set()
    for elf, library in Loader(image, architecture, ()).missing():
        candidates = found.get(library, set())
        if elf.path in own and len(candidates) == 1:
            directories |= candidates
    # The new cache replaces one of the base, which may have further directories.
    cached = {posixpath.dirname(path) for name in found for path in image.cached_paths(name)}
    if not directories:
        searched = _inodes(image, cached | {*architecture.library_directories})
        added = (
            elf.info.soname
            for _, elf in native
            if elf.path in own and _inodes(image, [_directory(elf)]) <= searched
        )
        if not image.has_cache or all(
            image.cached_paths(name) for name in added if name is not None
        ):
            return None
    return sorted(directories | cached - {*architecture.library_directories})


def _names(elf: ElfFile) -> set[str]:
    name = posixpath.basename(elf.path)
    return {name, elf.info.soname or name}


def _directory(elf: ElfFile) -> str:
    return posixpath.dirname(f"/{elf.path}")


def _inodes(image: ImageView, paths: Iterable[str]) -> set[int]:
    """What paths lead to: `/lib` may be a link to `/usr/lib`."""
    found = (image.inode(path) for path in paths)
    return {id(inode) for inode in found if inode is not None}
