"""The libraries that ldconfig(8) finds in the directories of an image, from metadata.

Source: glibc's elf/ldconfig.c (add_dir_1, add_glibc_hwcaps_subdirectories, search_dir,
create_links). Where ldconfig depends on the order of a directory on disk, this uses the order of
names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tools.ld_so_cache.cache import CacheEntry
from tools.ld_so_cache.name_order import compare_names
from tools.lib.archive.tar_entry import path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.elf.elf_file import ElfInfo
from tools.lib.rootfs.image import ImageView
from tools.lib.rootfs.tree import Inode

_HWCAPS = "glibc-hwcaps"
_SPACE = " \t\n\v\f\r"

LibraryType = Callable[[ElfInfo], int | None]
"""What a library is for, as ld.so.cache has it; None if ldconfig skips the library."""


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What the scan found.

    `links` are the links that libraries need by their soname and do not have: path in the image to
    target. `hwcaps` are the names of all glibc-hwcaps directories, in use or not.
    """

    entries: list[CacheEntry]
    links: dict[str, str]
    hwcaps: set[str]


class _Directory(NamedTuple):
    """A directory to search; `hwcaps` is its name if it is in a glibc-hwcaps directory."""

    path: str
    inode: Inode
    hwcaps: str | None


class _Candidate(NamedTuple):
    """A file or link that may be the library of a soname."""

    name: str
    is_link: bool
    type: int
    isa_level: int


def scan(
    image: ImageView,
    directories: Iterable[str],
    library_type: LibraryType,
    *,
    signed: bool,
) -> ScanResult:
    """Searches directories for libraries.

    Args:
        image: the files.
        directories: their paths in the order of the search; missing ones are skipped.
        library_type: what a library is for.
        signed: whether C's char is signed on the image's machine.

    Raises:
        ToolError: ldconfig would replace a link of the image, which a part cannot do.
    """
    result = ScanResult([], {}, set())
    for directory in list(_directories(image, directories, result.hwcaps)):
        for soname, found in _search(image, directory, library_type, signed).items():
            name = soname
            if directory.hwcaps is not None:
                name = found.name
            elif not found.is_link:
                _add_link(image, directory, soname, found.name, result.links)
            result.entries.append(
                CacheEntry(
                    path_bytes(soname),
                    path_bytes(f"{directory.path}/{name}"),
                    found.type,
                    None if directory.hwcaps is None else path_bytes(directory.hwcaps),
                    found.isa_level,
                )
            )
    return result


def _directories(image: ImageView, paths: Iterable[str], hwcaps: set[str]) -> Iterator[_Directory]:
    """Each directory once, by the first path that leads to it, followed by its glibc-hwcaps."""
    seen: set[int] = set()
    for each in paths:
        path = each.rstrip(_SPACE).rstrip("/")
        inode = image.inode(path) if path else None
        if inode is None or not inode.is_dir or id(inode) in seen:
            continue
        seen.add(id(inode))
        yield _Directory(path, inode, None)
        for name, subdirectory in _subdirectories(image, f"{path}/{_HWCAPS}"):
            hwcaps.add(name)
            if id(subdirectory) not in seen:
                seen.add(id(subdirectory))
                yield _Directory(f"{path}/{_HWCAPS}/{name}", subdirectory, name)


def _subdirectories(image: ImageView, path: str) -> Iterator[tuple[str, Inode]]:
    inode = image.inode(path)
    for name in sorted(inode.entries if inode else (), key=path_bytes):
        # ld.so takes a list of these names, separated by colons.
        if name.startswith(".") or ":" in name:
            continue
        subdirectory = image.inode(f"{path}/{name}")
        if subdirectory is not None and subdirectory.is_dir:
            yield name, subdirectory


def _search(
    image: ImageView, directory: _Directory, library_type: LibraryType, signed: bool
) -> dict[str, _Candidate]:
    """The best library of each soname in a directory: a file before a link, then the newest."""
    best: dict[str, _Candidate] = {}
    for name in sorted(directory.inode.entries, key=path_bytes):
        inode = directory.inode.entries[name]
        if not _is_library_name(name) and (inode.is_file or directory.hwcaps is None):
            continue
        elf = image.elf_file(f"{directory.path}/{name}")
        kind = library_type(elf.info) if elf is not None and elf.info.type == "dyn" else None
        if elf is None or kind is None:
            continue
        soname = name if elf.info.soname is None else elf.info.soname
        # A link named like the soname, or the link for ld(1); any other link counts as a file.
        is_link = inode.is_link and (
            name == soname or (name.endswith(".so") and soname.startswith(name))
        )
        if is_link:
            soname = name
        candidate = _Candidate(name, is_link, kind, elf.info.isa_level)
        known = best.setdefault(soname, candidate)
        if (known.is_link and not is_link) or (
            known.is_link == is_link
            and compare_names(path_bytes(known.name), path_bytes(name), signed=signed) < 0
        ):
            best[soname] = candidate
    return best


def _is_library_name(name: str) -> bool:
    """Whether ldconfig opens a file: lib*.so*, and the names of loaders."""
    if name.endswith((".dpkg-new", ".dpkg-tmp", ".#prelink#")) or ";" in name:
        return False  # a package manager is writing it
    return (name.startswith(("lib", "ld-")) and ".so" in name) or name.startswith(
        ("ld.so.", "ld64.so.")
    )


def _add_link(
    image: ImageView, directory: _Directory, soname: str, name: str, links: dict[str, str]
) -> None:
    """Adds the link by which a library is found, if the image lacks it."""
    if "/" in soname or soname in ("", ".", ".."):
        return  # the cache is not searched for such a name
    path = f"{image.tree.resolve(directory.path).path}/{soname}"
    if soname not in directory.inode.entries:
        links[path.lstrip("/")] = name
    elif image.inode(path) is None:
        raise ToolError(f"{path}: dangling symlink, expected one to {name}", "add it to `exclude`")
