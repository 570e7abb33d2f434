"""Libraries made in memory, and trees of them as a tar and on a disk, for the tests."""

from __future__ import annotations

import io
import json
import os
import struct
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tools.ld_so_cache.__main__ import main
from tools.lib.archive.tar_entry import END_OF_ARCHIVE
from tools.lib.elf.abi import Machine

AMD64 = Machine(64, "little", 62)

_PT_LOAD, _PT_DYNAMIC, _PT_GNU_PROPERTY = 1, 2, 0x6474E553
_DT_NULL, _DT_NEEDED, _DT_STRTAB, _DT_SONAME = 0, 1, 5, 14


def library(
    soname: str | None,
    machine: Machine = AMD64,
    *,
    flags: int = 0,
    isa: int = 0,
    kind: int = 3,
    needed: str | None = None,
) -> bytes:
    """The least of a shared library that ldconfig(8) takes; it cannot be loaded.

    Args:
        soname: DT_SONAME.
        machine: what it is for.
        flags: e_flags.
        isa: bits of the levels of x86-64 that it needs, 0b100 for x86-64-v3.
        kind: e_type, 3 for a shared object.
        needed: DT_NEEDED.
    """
    order = "<" if machine.data == "little" else ">"
    is_64 = machine.bits == 64
    header, segment, word = ("HHIQQQIHHHHHH", "IIQQQQQQ", "Q") if is_64 else (
        "HHIIIIIHHHHHH", "IIIIIIII", "I",
    )  # fmt: skip
    header_size = 16 + struct.calcsize(order + header)
    segment_size = struct.calcsize(order + segment)

    texts = b"\0" + (soname or "").encode("utf-8", "surrogateescape") + b"\0"
    tags = [(_DT_SONAME, 1)] if soname is not None else []
    if needed is not None:
        tags.append((_DT_NEEDED, len(texts)))
        texts += needed.encode() + b"\0"
    tags += [(_DT_STRTAB, 0x200), (_DT_NULL, 0)]
    dynamic = b"".join(struct.pack(order + 2 * word, *tag) for tag in tags)
    align = machine.bits // 8
    array = struct.pack(order + "III", 0xC0008002, 4, isa).ljust(-(-12 // align) * align, b"\0")
    note = struct.pack(order + "III", 4, len(array), 5) + b"GNU\0" + array
    size = 0x300 + len(texts)
    places = [(_PT_LOAD, 0, size), (_PT_DYNAMIC, 0x100, len(dynamic))]
    if isa:
        places.append((_PT_GNU_PROPERTY, 0x180, len(note)))
    rows = [
        (of, 4, at, at, at, length, length, align)
        if is_64
        else (of, at, at, at, length, length, 4, align)
        for of, at, length in places
    ]
    ident = b"\x7fELF" + bytes((machine.bits // 32, 1 if order == "<" else 2, 1))
    start = ident.ljust(16, b"\0") + struct.pack(
        order + header,
        *(kind, machine.number, 1, 0, header_size, 0, flags),
        *(header_size, segment_size, len(rows), 0, 0, 0),
    )
    start += b"".join(struct.pack(order + segment, *row) for row in rows)
    data = start.ljust(0x100, b"\0") + dynamic
    data = data.ljust(0x180, b"\0") + note
    return (data.ljust(0x200, b"\0") + texts).ljust(size, b"\0")


class Link(NamedTuple):
    """A symlink in a tree."""

    to: str


Tree = Mapping[str, bytes | Link]
"""Path without a leading slash to what is there; parents come by themselves."""


def write_tree(root: str, tree: Tree) -> None:
    """Makes the files and links below a directory."""
    for path, content in tree.items():
        place = os.path.join(root, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if isinstance(content, Link):
            os.symlink(content.to, place)
        else:
            with open(place, "wb") as out:
                out.write(content)


def tar(tree: Tree, mtime: int = 0) -> bytes:
    """The files and links as an archive."""
    out = io.BytesIO()
    with tarfile.open(
        fileobj=out, mode="w", format=tarfile.PAX_FORMAT, errors="surrogateescape"
    ) as archive:
        for path, content in tree.items():
            entry = tarfile.TarInfo(path)
            entry.mtime = mtime
            if isinstance(content, Link):
                entry.type, entry.linkname = tarfile.SYMTYPE, content.to
                archive.addfile(entry)
            else:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


class Made(NamedTuple):
    """What the tool wrote: the cache, the links, and part.json."""

    cache: bytes
    links: dict[str, str]
    part: dict[str, Any]


def made(folder: Path, *flags: str) -> Made:
    """Runs the tool, with its outputs in a folder."""
    run, metadata = (str(folder / name) for name in ("cache.part", "cache.part.json"))
    outputs = ["--run", run, "--metadata", metadata, "--label", "//x:cache"]
    assert main([*flags, *outputs, "--compression", "none"]) == 0
    with open(run, "rb") as source:
        archive = io.BytesIO(source.read() + END_OF_ARCHIVE)
    with open(metadata, "rb") as source:
        part = json.load(source)
    with tarfile.open(fileobj=archive) as entries:
        cache = entries.extractfile("etc/ld.so.cache")
        assert cache
        links = {each.name: each.linkname for each in entries if each.issym()}
        return Made(cache.read(), links, part)


def generator(cache: bytes) -> bytes:
    """Who made a cache, which stands at its end."""
    return cache[-struct.unpack(_words(cache, 4), _extensions(cache)[8:24])[3] :]


def signed(cache: bytes, by: bytes) -> bytes:
    """A cache as another program would sign it, if all else were the same."""
    own = generator(cache)
    at = len(cache) - len(_extensions(cache)) + 20
    size = struct.pack(_words(cache, 1), len(by))
    return cache[:at] + size + cache[at + 4 : len(cache) - len(own)] + by


def shown(cache: bytes) -> list[str]:
    """The entries in their order, as `ldconfig -p` shows them, but for what the type means."""
    count, _, _, extensions = struct.unpack_from(_words(cache, 4), cache, 20)
    hwcaps: list[str] = []
    if struct.unpack_from(_words(cache, 1), cache, extensions + 4)[0] == 2:
        _, _, at, size = struct.unpack_from(_words(cache, 4), cache, extensions + 24)
        texts = struct.unpack_from(_words(cache, size // 4), cache, at)
        hwcaps = [_text(cache, text) for text in texts]
    lines = []
    for number in range(count):
        kind, name, path, _, hwcap = struct.unpack_from(
            _words(cache, 4) + "Q", cache, 48 + 24 * number
        )
        more = f", {hwcaps[hwcap & 0xFFFFFFFF]}, level {hwcap >> 32 & 0x3FF}" if hwcap else ""
        lines.append(f"{_text(cache, name)} ({kind:#06x}{more}) => {_text(cache, path)}")
    return lines


def _words(cache: bytes, count: int) -> str:
    return {2: "<", 3: ">"}[cache[28]] + f"{count}I"


def _extensions(cache: bytes) -> bytes:
    return cache[struct.unpack_from(_words(cache, 1), cache, 32)[0] :]


def _text(cache: bytes, at: int) -> str:
    return cache[at : cache.index(b"\0", at)].decode("utf-8", "surrogateescape")
