"""Which needed libraries ld.so would not find, from metadata alone.

The search is that of ld.so(8) and glibc's elf/dl-load.c: among the libraries already loaded, in
DT_RPATH of the library and of those that loaded it, LD_LIBRARY_PATH, DT_RUNPATH, ld.so.cache (if
its metadata or the caller tell what it has), then the default directories. Files for another
machine are skipped. Subdirectories of `glibc-hwcaps` do not count: older processors do not search
them.
"""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tools.lib.archive.limits import MAX_INHERITED_PATHS, MAX_SEARCH_STEPS
from tools.lib.cli.errors import ToolError
from tools.lib.debian.architectures import Architecture
from tools.lib.rootfs.image import ElfFile, ImageView
from tools.lib.rootfs.tree import Inode


class MissingLibrary(NamedTuple):
    """A library that an ELF file needs and that ld.so would not find."""

    elf: ElfFile
    library: str


class _LoadedFile(NamedTuple):
    """A loaded file.

    `origin` is the directory that $ORIGIN stands for, `rpath` has the DT_RPATHs that apply to what
    it loads, `directories` is where ld.so searches before the cache.
    """

    elf: ElfFile
    origin: str
    rpath: tuple[str, ...]
    directories: tuple[str, ...]


class Loader:
    """ld.so in one image.

    Args:
        image: the image.
        architecture: what ld.so is for.
        library_path: directories of the image's LD_LIBRARY_PATH, or of an ld.so.cache without
            metadata.
    """

    def __init__(
        self, image: ImageView, architecture: Architecture, library_path: Sequence[str] = ()
    ) -> None:
        self._image = image
        self._architecture = architecture
        self._library_path = tuple(library_path)
        self._directories: dict[str, Inode | None] = {}
        self._steps = 0

    def missing(self) -> list[MissingLibrary]:
        """What would not be found if every program were run and every other library opened.

        Programs come first, then libraries that nothing needs (plugins, which programs open), then
        those that nothing has loaded. So a library beside its program is found by the program's
        search path, and need not be found without it.

        Raises:
            ToolError: the search would take far longer than in any real image.
        """
        needed = {name for elf in self._image.elf_files for name in elf.info.needed}
        roots = sorted(
            (elf for elf in self._image.elf_files if elf.info.is_loadable),
            key=lambda elf: (
                elf.info.interpreter is None,
                posixpath.basename(elf.path) in needed or elf.info.soname in needed,
                elf.path,
            ),
        )
        loaded: set[ElfFile] = set()
        missing: dict[MissingLibrary, None] = {}
        for root in roots:
            if root.info.interpreter is not None or root not in loaded:
                missing |= dict.fromkeys(self._load(root, loaded))
        return list(missing)

    def _load(self, root: ElfFile, loaded: set[ElfFile]) -> Iterator[MissingLibrary]:
        """Loads `root` and what it needs, breadth first, and adds that to `loaded`."""
        names = {root.info.soname, posixpath.basename(root.path)}
        queue = deque([self._loaded_file(root, "/" + root.path, ())])
        if root.info.interpreter is not None and (
            loader := self._image.elf_file(root.info.interpreter)
        ):
            names.add(loader.info.soname)
        while queue:
            current = queue.popleft()
            loaded.add(current.elf)
            for name in current.elf.info.needed:
                self._count(1)
                if name in names:
                    continue
                found = self._find(current, name)
                if found is None:
                    yield MissingLibrary(current.elf, name)
                else:
                    names |= {name, found.elf.info.soname}
                    queue.append(found)

    def _find(self, user: _LoadedFile, name: str) -> _LoadedFile | None:
        """Loads a library that `user` needs; None if ld.so does not find it."""
        for path in self._candidates(user, name):
            elf = self._image.elf_file(path)
            if elf is not None and elf.info.machine == user.elf.info.machine:
                return self._loaded_file(elf, path, user.rpath)
        return None

    def _candidates(self, user: _LoadedFile, name: str) -> Iterator[str]:
        """The paths of the image where ld.so looks for a library that `user` needs, in order."""
        if "/" in name:
            yield self._expand(name, user.origin)
            return
        yield from self._in_directories(user.directories, name)
        yield from self._image.cached_paths(name)
        yield from self._in_directories(self._architecture.library_directories, name)

    def _in_directories(self, directories: Sequence[str], name: str) -> Iterator[str]:
        for directory in directories:
            self._count(1)
            if directory not in self._directories:
                self._directories[directory] = self._image.inode(directory)
            inode = self._directories[directory]
            if inode is not None and name in inode.entries:
                yield f"{directory}/{name}"

    def _loaded_file(self, elf: ElfFile, path: str, inherited: tuple[str, ...]) -> _LoadedFile:
        origin = posixpath.dirname(path)
        runpath = tuple(self._expand(each, origin) for each in elf.info.runpath)
        # If a file has a DT_RUNPATH, ld.so ignores its DT_RPATH, and for it those of its loaders.
        own = () if runpath else tuple(self._expand(each, origin) for each in elf.info.rpath)
        rpath = own + inherited
        if len(rpath) > MAX_INHERITED_PATHS:
            raise ToolError(f"/{elf.path}: more than {MAX_INHERITED_PATHS} directories in DT_RPATH")
        directories = (*(() if runpath else rpath), *self._library_path, *runpath)
        self._count(len(directories))
        return _LoadedFile(elf, origin, rpath, directories)

    def _count(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MAX_SEARCH_STEPS:
            raise ToolError("the search for the libraries of this image takes too many steps")

    def _expand(self, path: str, origin: str) -> str:
        """`path` with the tokens of ld.so(8), "Dynamic string tokens", replaced."""
        if "$" not in path:
            return path
        # Debian's $LIB is the architecture's directory, without the leading slash.
        for token, value in (("ORIGIN", origin), ("LIB", f"lib/{self._architecture.triplet}")):
            path = path.replace(f"${{{token}}}", value).replace(f"${token}", value)
        return path
