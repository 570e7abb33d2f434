"""Unpacks a package's files to where they can be read in any order, within a bound."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import NamedTuple

from tools.lib.archive import decompress
from tools.lib.archive import tar_reader as tar
from tools.lib.cli.errors import ToolError
from tools.lib.debian.deb import Deb, Section, open_deb, within
from tools.lib.debian.spool import Spool

# What a package may unpack to, if no flag says otherwise: this much, or multiples of what it states
# itself (Installed-Size) and of its own size. Debian's packages stay below a half of either.
_FREE = 64 << 20
_OF_INSTALLED = 4
_OF_COMPRESSED = 64


class Unpacked(NamedTuple):
    """A package, its entries, and its uncompressed archive."""

    deb: Deb
    members: list[tar.Member]
    read_at: tar.ReadAt


@contextlib.contextmanager
def unpacked(path: str, beside: str, limit: int | None = None) -> Iterator[Unpacked]:
    """The package at `path`; while it is open, its archive takes room in a nameless file.

    Errors of what is done with it name the package too.

    Args:
        path: the .deb.
        beside: a path of an output; what is unpacked is put on the same file system.
        limit: bytes that all files may have, less those by default.

    Raises:
        ToolError: it is none, is damaged or larger than the limit.
    """
    with open(path, "rb") as source, within(path):
        deb = open_deb(source, os.fstat(source.fileno()).st_size)
        limit = max_size(deb) if limit is None else limit
        with Spool(f"{beside}.{os.getpid()}.spool") as spool, within(deb.data.name):
            spool.fill(decompress.chunks(Section(source, deb.data), deb.data_suffix), limit)
            members = list(tar.members(spool.read_at, spool.size))
            # The archive says little of files with holes.
            if sum(member.entry.size for member in members) > limit:
                raise ToolError(f"files of more than {limit} bytes")
            yield Unpacked(deb, members, spool.read_at)


def max_size(deb: Deb) -> int:
    """Bytes that a package may unpack to."""
    return max(_FREE, _OF_INSTALLED * deb.control.installed_size, _OF_COMPRESSED * deb.data.size)
