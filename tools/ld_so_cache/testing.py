"""Trees of files as a tar and on disk, and the caches made of them, for the tests."""

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


class Link(NamedTuple):
    """A symlink in a tree."""

    to: str


Tree = Mapping[str, bytes | Link]
"""Paths without a leading slash, and the file or link at each."""


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


class Output(NamedTuple):
    """What the tool wrote: the cache, the links, and part.json."""

    cache: bytes
    links: dict[str, str]
    part: dict[str, Any]


def make_cache(folder: Path, *flags: str) -> Output:
    """Runs the tool, with its outputs in a folder."""
    blob, part_json = (str(folder / name) for name in ("cache.part", "cache.part.json"))
    outputs = ["--blob-out", blob, "--part-out", part_json, "--label", "//x:cache"]
    assert main([*flags, *outputs, "--compression", "none"]) == 0
    with open(blob, "rb") as source:
        archive = io.BytesIO(source.read() + END_OF_ARCHIVE)
    with open(part_json, "rb") as source:
        part = json.load(source)
    with tarfile.open(fileobj=archive) as entries:
        cache = entries.extractfile("etc/ld.so.cache")
        assert cache
        links = {each.name: each.linkname for each in entries if each.issym()}
        return Output(cache.read(), links, part)


def generator(cache: bytes) -> bytes:
    """The text at the end of a cache that says who made it."""
    return cache[-struct.unpack(_words(cache, 4), _extensions(cache)[8:24])[3] :]


def with_generator(cache: bytes, text: bytes) -> bytes:
    """The same cache, as another program would have made it."""
    own = generator(cache)
    at = len(cache) - len(_extensions(cache)) + 20
    size = struct.pack(_words(cache, 1), len(text))
    return cache[:at] + size + cache[at + 4 : len(cache) - len(own)] + text


def cache_lines(cache: bytes) -> list[str]:
    """The entries in their order, as `ldconfig -p` prints them, with numbers for the types."""
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
