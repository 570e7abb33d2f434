"""Parts for tests, in few words."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Any

from tools.lib.debian.architectures import ElfMachine
from tools.lib.debian.package import BinaryPackage
from tools.lib.elf.elf_file import ElfInfo, ElfType
from tools.lib.part.part import Blob, EntryType, Part, PartDirectory, PartEntry

AMD64 = ElfMachine(64, "little", 62)
ARM64 = ElfMachine(64, "little", 183)
SHA256_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def entry(path: str, kind: EntryType = "file", mode: int = 0o644, **more: Any) -> PartEntry:
    """An entry owned by root, of the year 1970; files are empty."""
    sha256 = SHA256_OF_NOTHING if kind == "file" else ""
    fields: dict[str, Any] = {"uid": 0, "gid": 0, "mtime": 1, "sha256": sha256} | more
    return PartEntry(path=path, type=kind, mode=mode, **fields)


def file(path: str, mode: int = 0o644, **more: Any) -> PartEntry:
    return entry(path, "file", mode, **more)


def symlink(path: str, target: str, **more: Any) -> PartEntry:
    return entry(path, "symlink", 0o777, link=target, **more)


def hardlink(path: str, target: str, **more: Any) -> PartEntry:
    return entry(path, "hardlink", link=target, **more)


def elf(
    path: str,
    *needed: str,
    interpreter: str | None = None,
    soname: str | None = None,
    machine: ElfMachine = AMD64,
    kind: ElfType = "dyn",
    flags: int = 0,
    isa_level: int = 0,
    rpath: Sequence[str] = (),
    runpath: Sequence[str] = (),
) -> PartEntry:
    """An ELF file; a library without another soname has its file name as soname."""
    if soname is None and interpreter is None:
        soname = posixpath.basename(path)
    info = ElfInfo(
        machine=machine,
        type=kind,
        flags=flags,
        isa_level=isa_level,
        interpreter=interpreter,
        soname=soname,
        needed=needed,
        rpath=tuple(rpath),
        runpath=tuple(runpath),
    )
    return file(path, elf=info)


def ld_so_cache(libraries: dict[str, list[str]]) -> PartEntry:
    """An /etc/ld.so.cache with paths by the names of libraries."""
    return file(
        "etc/ld.so.cache", libraries={name: tuple(paths) for name, paths in libraries.items()}
    )


def directory(path: str, mode: int = 0o755, mtime: int = 1, **more: Any) -> PartDirectory:
    """A directory owned by root."""
    fields = {"uid": 0, "gid": 0} | more
    return PartDirectory(path=path, mode=mode, mtime=mtime, **fields)


def part(
    *entries: PartEntry,
    package: str | None = None,
    architecture: str | None = None,
    label: str = "//x:y",
    directories: Sequence[PartDirectory] = (),
    replaces: Sequence[str] = (),
    foreign: bool = False,
) -> Part:
    """A part with all parents of its entries; that of a `package` has version 1.

    A foreign one has only the directories that are given.
    """
    found = {each.path: each for each in directories}
    paths = [*(each.path for each in entries), *(each.path for each in directories)]
    for path in () if foreign else paths:
        while path := posixpath.dirname(path):
            found.setdefault(path, directory(path, implied=True))
    return Part(
        label=label,
        architecture=architecture,
        package=BinaryPackage(package, "1", "amd64", package) if package else None,
        blob=Blob("gzip", 0, 0, SHA256_OF_NOTHING),
        directories=tuple(found[path] for path in sorted(found)),
        entries=entries,
        replaces=tuple(replaces),
        foreign=foreign,
    )
