"""Describes layers that were made elsewhere the way parts are described.

All bytes of such a layer are read, for no earlier action has noted what is in it.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence

from tools.lib.archive.tar_member import TarMember
from tools.lib.archive.tar_reader import content
from tools.lib.archive.tar_stream import TarStream
from tools.lib.cli.error_context import error_context
from tools.lib.data.json_values import read_document
from tools.lib.elf.elf_file import MAGIC, ElfInfo, parse_elf_file
from tools.lib.oci.layout import find_blob, verify_blob
from tools.lib.oci.manifest import parse_manifest
from tools.lib.part.part import Blob, Part, PartDirectory, PartEntry
from tools.lib.part.part_writer import has_text

# An ELF file up to this size is kept in memory while it is parsed, a larger one in a file.
_IN_MEMORY = 16 << 20
# The bytes of a tar that is not a part are of no use to its readers.
_NO_BLOB = Blob("none", 0, 0, "")


def read(path: str) -> Part:
    """Reads a tar, plain or compressed with gzip or zstd.

    Raises:
        ToolError: it is not a complete tar.
    """
    with open(path, "rb") as source, error_context(path):
        tar = TarStream(source)
        entries = [_entry(tar, member) for member in tar.members()]
    return Part(
        label=path,
        architecture=None,
        package=None,
        blob=_NO_BLOB,
        directories=tuple(each for each in entries if isinstance(each, PartDirectory)),
        entries=tuple(each for each in entries if isinstance(each, PartEntry)),
    )


def read_layout(manifest: str, layouts: Sequence[str]) -> Iterator[Part]:
    """Yields the layers of an image's manifest that are in OCI layouts, bottom to top."""
    for layer in parse_manifest(read_document(manifest), manifest).layers:
        if path := find_blob(layouts, layer.digest):
            verify_blob(path, layer)
            yield read(path)


def _entry(tar: TarStream, member: TarMember) -> PartEntry | PartDirectory:
    entry = member.entry
    if entry.type == "directory":
        return PartDirectory(
            path=entry.path, mode=entry.mode, uid=entry.uid, gid=entry.gid, mtime=entry.mtime
        )
    elf = text = None
    if entry.type == "file":
        elf, text = _read_file(tar, member)
    return PartEntry(
        path=entry.path,
        type=entry.type,
        mode=entry.mode,
        uid=entry.uid,
        gid=entry.gid,
        mtime=entry.mtime,
        link=entry.link,
        elf=elf,
        text=text,
    )


def _read_file(tar: TarStream, member: TarMember) -> tuple[ElfInfo | None, str | None]:
    chunks = content(member, tar.read_at)
    start = next(chunks, b"")
    if start.startswith(MAGIC):
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as copy:
            copy.writelines(itertools.chain([start], chunks))
            return parse_elf_file(copy, member.entry.path), None
    if has_text(member.entry.path, member.entry.size):
        return None, b"".join([start, *chunks]).decode("utf-8", "surrogateescape")
    return None, None
