"""What ldconfig(8) finds in the directories of an image, from the metadata of its parts.

Source: glibc's elf/ldconfig.c (add_dir_1, add_glibc_hwcaps_subdirectories, search_dir,
create_links). Where the order of a directory on a disk decides there, the order of names does here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from tools.ld_so_cache.cache import Library
from tools.ld_so_cache.order import compare_names
from tools.lib.archive.tar_entry import path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.rootfs.image import Elf, Image
from tools.lib.rootfs.tree import Inode

_HWCAPS = "glibc-hwcaps"
_SPACE = " \t\n\v\f\r"


class Findings(NamedTuple):
    """All that is found.

    `links` are the links that libraries should have by their soname and do not have: path in the
    image to the link's text. `hwcaps` are the names of all glibc-hwcaps directories.
    """

    libraries: list[Library]
    links: dict[str, str]
    hwcaps: set[str]


class _Directory(NamedTuple):
    path: str
    inode: Inode
    hwcaps: str | None


class _Candidate(NamedTuple):
    name: str
    is_link: bool
    type: int
    isa_level: int


def scan(
    image: Image,
    directories: Iterable[str],
    library_type: Callable[[Elf], int | None],
    *,
    signed: bool,
) -> Findings:
    """Searches directories for libraries.

    Args:
        image: the files.
        directories: their paths in the order of the search; those that are missing are passed over.
        library_type: what a library is for, None if it is to be passed over.
        signed: whether C's char is signed on the image's machine.

    Raises:
        ToolError: a link that ldconfig would replace, which a part of a layer cannot.
    """
    findings = Findings([], {}, set())
    for directory in list(_directories(image, directories, findings.hwcaps)):
        for soname, found in _search(image, directory, library_type, signed).items():
            name = soname
            if directory.hwcaps is not None:
                name = found.name
            elif not found.is_link:
                _link(image, directory, soname, found.name, findings.links)
            findings.libraries.append(
                Library(
                    path_bytes(soname),
                    path_bytes(f"{directory.path}/{name}"),
                    found.type,
                    None if directory.hwcaps is None else path_bytes(directory.hwcaps),
                    found.isa_level,
                )
            )
    return findings


def _directories(image: Image, paths: Iterable[str], hwcaps: set[str]) -> Iterator[_Directory]:
    """Each directory once, by whatever path it comes first, and its glibc-hwcaps after it."""
    seen: set[int] = set()
    for each in paths:
        path = each.rstrip(_SPACE).rstrip("/")
        inode = image.inode(path) if path else None
        if inode is None or not inode.is_dir or id(inode) in seen:
            continue
        seen.add(id(inode))
        yield _Directory(path, inode, None)
        for name, below in _subdirectories(image, f"{path}/{_HWCAPS}"):
            hwcaps.add(name)
            if id(below) not in seen:
                seen.add(id(below))
                yield _Directory(f"{path}/{_HWCAPS}/{name}", below, name)


def _subdirectories(image: Image, path: str) -> Iterator[tuple[str, Inode]]:
    inode = image.inode(path)
    for name in sorted(inode.entries if inode else (), key=path_bytes):
        # ld.so takes a list of names with colons between them.
        if name.startswith(".") or ":" in name:
            continue
        below = image.inode(f"{path}/{name}")
        if below is not None and below.is_dir:
            yield name, below


def _search(
    image: Image, directory: _Directory, library_type: Callable[[Elf], int | None], signed: bool
) -> dict[str, _Candidate]:
    """The best library of each soname in a directory: a file before a link, then the newest."""
    found: dict[str, _Candidate] = {}
    for name in sorted(directory.inode.entries, key=path_bytes):
        inode = directory.inode.entries[name]
        if not _is_library(name) and (inode.is_file or directory.hwcaps is None):
            continue
        elf = image.elf(f"{directory.path}/{name}")
        kind = library_type(elf) if elf is not None and elf.type == "dyn" else None
        if elf is None or kind is None:
            continue
        soname = name if elf.soname is None else elf.soname
        # A link of the name of the library, or the one for the linker, ld(1). Any other counts as
        # a file.
        is_link = inode.is_link and (
            name == soname or (name.endswith(".so") and soname.startswith(name))
        )
        if is_link:
            soname = name
        candidate = _Candidate(name, is_link, kind, elf.isa_level)
        known = found.setdefault(soname, candidate)
        if (known.is_link and not is_link) or (
            known.is_link == is_link
            and compare_names(path_bytes(known.name), path_bytes(name), signed=signed) < 0
        ):
            found[soname] = candidate
    return found


def _is_library(name: str) -> bool:
    """Whether a file is looked at: lib*.so*, and what loaders are called."""
    if name.endswith((".dpkg-new", ".dpkg-tmp", ".#prelink#")) or ";" in name:
        return False  # a package manager is at it
    return (name.startswith(("lib", "ld-")) and ".so" in name) or name.startswith(
        ("ld.so.", "ld64.so.")
    )


def _link(
    image: Image, directory: _Directory, soname: str, name: str, links: dict[str, str]
) -> None:
    """Notes the link by which a library is found, if it has none."""
    if "/" in soname or soname in ("", ".", ".."):
        return  # by such a name nobody looks into the cache
    path = f"{image.tree.resolve(directory.path).path}/{soname}"
    if soname not in directory.inode.entries:
        links[path.lstrip("/")] = name
    elif image.inode(path) is None:
        raise ToolError(
            f"{path}: a link that leads nowhere, in the place of one to {name}", "exclude it"
        )
