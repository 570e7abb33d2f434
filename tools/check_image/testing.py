"""Parts for the tests, as short as they can be written."""

from __future__ import annotations

import posixpath
from typing import Any

from tools.lib.part.part import Part

_COMMON = {"uid": 0, "gid": 0, "mtime": 0}


def elf(
    path: str,
    *needed: str,
    interpreter: str | None = None,
    soname: str | None = None,
    machine: int = 62,
    flags: int = 0,
    isa_level: int = 0,
    bits: int = 64,
    data: str = "little",
    rpath: tuple[str, ...] = (),
    runpath: tuple[str, ...] = (),
) -> dict[str, Any]:
    """An ELF file of amd64, or of another `machine`; libraries have their name as soname."""
    if soname is None and interpreter is None:
        soname = posixpath.basename(path)
    described = {
        "class": bits,
        "data": data,
        "machine": machine,
        "flags": flags,
        "isa_level": isa_level,
        "type": "dyn",
        "interpreter": interpreter,
        "soname": soname,
        "needed": list(needed),
        "rpath": list(rpath),
        "runpath": list(runpath),
    }
    return file(path, elf=described)


def file(path: str, mode: str = "0644", **more: Any) -> dict[str, Any]:
    fields = {"path": path, "type": "file", "mode": mode, "size": 0, "sha256": ""}
    return _COMMON | fields | more


def cache(**libraries: list[str]) -> dict[str, Any]:
    """An ld.so.cache; a name's dots are written as underlines."""
    names = {name.replace("_", "."): paths for name, paths in libraries.items()}
    return file("etc/ld.so.cache", libraries=names)


def link(path: str, target: str, **more: Any) -> dict[str, Any]:
    return _COMMON | {"path": path, "type": "symlink", "mode": "0777", "link": target} | more


def directory(path: str, mode: str = "0755") -> dict[str, Any]:
    return _COMMON | {"path": path, "mode": mode}


def part(
    *entries: dict[str, Any],
    package: str | None = None,
    architecture: str | None = None,
    label: str = "//x:y",
    directories: tuple[dict[str, Any], ...] = (),
    replaces: tuple[str, ...] = (),
) -> Part:
    """A part; that of a `package` is of version 1, and says so in its label."""
    named = {"name": package, "version": "1", "architecture": "amd64", "source": package}
    implied: dict[str, dict[str, Any]] = {}
    for entry in (*entries, *directories):
        parent = posixpath.dirname(entry["path"])
        while parent:
            implied[parent] = directory(parent) | {"implied": True}
            parent = posixpath.dirname(parent)
    return {
        "version": 1,
        "label": label,
        "architecture": architecture,
        "package": named if package else None,
        "run": {"compression": "gzip", "size": 0, "uncompressed_size": 0, "sha256": ""},
        "directories": list((implied | {each["path"]: each for each in directories}).values()),
        "entries": list(entries),
        "replaces": list(replaces),
    }
