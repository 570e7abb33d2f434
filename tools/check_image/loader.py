"""Which needed libraries ld.so would not find, from metadata alone.

The search is that of ld.so(8) and glibc's elf/dl-load.c: among what is loaded already,
in DT_RPATH of the library and of those that brought it, LD_LIBRARY_PATH, DT_RUNPATH, ld.so.cache
(if one of our own says what is in it, or the image's maker does), the system's directories. A file
for another machine is passed over. Subdirectories of `glibc-hwcaps` do not count: what only they
have is missing on an older processor.
"""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tools.lib.elf.abi import Abi
from tools.lib.rootfs.image import Elf, Image


class Missing(NamedTuple):
    """A library that an ELF file needs and ld.so would not find."""

    elf: Elf
    needed: str


class _Loaded(NamedTuple):
    """A file in memory: what $ORIGIN means in it, and the DT_RPATHs of it and its loaders."""

    elf: Elf
    origin: str
    rpath: tuple[str, ...]


class Loader:
    """ld.so of one image."""

    def __init__(self, image: Image, abi: Abi, library_path: Sequence[str] = ()) -> None:
        """`library_path`: directories that the image's LD_LIBRARY_PATH or ld.so.cache has."""
        self._image = image
        self._abi = abi
        self._library_path = tuple(library_path)
        self._found: dict[str, Elf | None] = {}

    def missing(self) -> list[Missing]:
        """What would not be found if each program were run, and each other library opened.

        Programs come first, then what nothing needs (plugins, that programs open themselves), then
        what none of those has loaded: a library that lies beside its program is found by the
        program's search, and is not asked to do without it.
        """
        needed = {name for elf in self._image.elves for name in elf.needed}
        roots = sorted(
            (elf for elf in self._image.elves if elf.is_loaded),
            key=lambda elf: (
                elf.interpreter is None,
                posixpath.basename(elf.path) in needed or elf.soname in needed,
                elf.path,
            ),
        )
        loaded: set[Elf] = set()
        missing: dict[Missing, None] = {}
        for root in roots:
            if root.interpreter is not None or root not in loaded:
                missing |= dict.fromkeys(self._load(root, loaded))
        return list(missing)

    def _load(self, root: Elf, loaded: set[Elf]) -> Iterator[Missing]:
        """Loads `root` and what it needs, breadth first; notes in `loaded` what that is."""
        names = {root.soname, posixpath.basename(root.path)}
        queue = deque([self._loaded(root, "/" + root.path, ())])
        if root.interpreter is not None and (interpreter := self._elf(root.interpreter)):
            names.add(interpreter.soname)
        while queue:
            current = queue.popleft()
            loaded.add(current.elf)
            for name in current.elf.needed:
                if name in names:
                    continue
                for path in self._candidates(current, name):
                    elf = self._elf(path)
                    if elf is not None and elf.machine == current.elf.machine:
                        names |= {name, elf.soname}
                        queue.append(self._loaded(elf, path, current.rpath))
                        break
                else:
                    yield Missing(current.elf, name)

    def _candidates(self, user: _Loaded, name: str) -> Iterator[str]:
        if "/" in name:
            yield self._expand(name, user.origin)
            return
        # DT_RUNPATH puts the DT_RPATHs out of force.
        runpath = [self._expand(path, user.origin) for path in user.elf.runpath]
        early = () if runpath else user.rpath
        for directory in (*early, *self._library_path, *runpath):
            yield f"{directory}/{name}"
        yield from self._image.cached(name)
        for directory in self._abi.directories:
            yield f"{directory}/{name}"

    def _loaded(self, elf: Elf, path: str, inherited: tuple[str, ...]) -> _Loaded:
        origin = posixpath.dirname(path)
        own = () if elf.runpath else tuple(self._expand(each, origin) for each in elf.rpath)
        return _Loaded(elf, origin, own + inherited)

    def _expand(self, path: str, origin: str) -> str:
        """`path` with the tokens of ld.so(8), "Dynamic string tokens", replaced."""
        if "$" not in path:
            return path
        # Debian's $LIB is the directory of the architecture, without the leading slash.
        for token, value in (("ORIGIN", origin), ("LIB", f"lib/{self._abi.triplet}")):
            path = path.replace(f"${{{token}}}", value).replace(f"${token}", value)
        return path

    def _elf(self, path: str) -> Elf | None:
        if path not in self._found:
            self._found[path] = self._image.elf(path)
        return self._found[path]
