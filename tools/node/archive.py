"""Finds the program and the licence in a release archive of Node.js.

nodejs.org's archives have npm, headers and documentation besides, those of the npm registry (which
are the same releases, repacked) headers; neither goes into an image.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tools.lib.archive import decompress
from tools.lib.archive import tar_reader as tar
from tools.lib.cli.errors import ToolError
from tools.lib.debian.deb import within
from tools.lib.debian.spool import Spool

PROGRAM = "bin/node"
LICENSE = "LICENSE"

# By the ends of names. Releases have both, the npm registry .tgz.
_COMPRESSIONS = {".tar.gz": ".gz", ".tgz": ".gz", ".tar.xz": ".xz"}
# Four times the largest release, unpacked.
_MOST = 1 << 30
_MOST_OF = {PROGRAM: _MOST, LICENSE: 4 << 20}


class Archive(NamedTuple):
    """What an image takes of an archive, and the uncompressed archive."""

    program: tar.Member
    license: tar.Member
    read_at: tar.ReadAt


@contextlib.contextmanager
def opened(path: str, beside: str, prefix: str) -> Iterator[Archive]:
    """The archive at `path`; while it is open, its content takes room in a nameless file.

    Errors of what is done with it name the archive too.

    Args:
        path: the archive.
        beside: a path of an output; what is unpacked is put on the same file system.
        prefix: the directory of the release in the archive.

    Raises:
        ToolError: it is none, is damaged or too large, or lacks what an image takes.
    """
    spool = f"{beside}.{os.getpid()}.spool"
    with open(path, "rb") as source, within(path), Spool(spool) as content:
        content.fill(_bounded(decompress.chunks(source, _compression(path))), _MOST)
        found = find(tar.members(content.read_at, content.size), prefix)
        yield Archive(found[PROGRAM], found[LICENSE], content.read_at)


def find(members: Iterable[tar.Member], prefix: str) -> dict[str, tar.Member]:
    """The members PROGRAM and LICENSE below `prefix`.

    Raises:
        ToolError: one of them is missing, there twice, no plain file, or absurdly large.
    """
    wanted = {tar.relative(f"{prefix}/{name}".encode()): name for name in _MOST_OF}
    found: dict[str, tar.Member] = {}
    tops: set[str] = set()
    for member in members:
        entry = member.entry
        tops.add(entry.path.partition("/")[0])
        name = wanted.get(entry.path)
        if name is None:
            continue
        if name in found:
            raise ToolError(f"{entry.path}: twice in the archive")
        if entry.type != "file":
            raise ToolError(f"{entry.path}: a {entry.type}, not a file")
        if entry.size > _MOST_OF[name]:
            raise ToolError(f"{entry.path}: {entry.size} bytes, which no release has")
        found[name] = member
    for path, name in wanted.items():
        if name not in found:
            known = ", ".join(sorted(tops)[:3]) or "nothing"
            raise ToolError(f"has no {path}", f"at its top there is {known}: is that the prefix?")
    return found


def _compression(path: str) -> str:
    for end, suffix in _COMPRESSIONS.items():
        if path.endswith(end):
            return suffix
    raise ToolError("its name tells no compression", f"known are: {', '.join(_COMPRESSIONS)}")


def _bounded(chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > _MOST:
            raise ToolError(f"more than {_MOST >> 20} MiB uncompressed, which no release has")
        yield chunk
