"""Layers that come from elsewhere as tars, described as parts are.

All bytes of such a layer are read: no action before has noted what is in it.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, cast

from tools.lib.archive.decompress import SUFFIXES, chunks, detect
from tools.lib.archive.tar_entry import TYPEFLAGS
from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import read_document
from tools.lib.elf.elf_file import MAGIC, ElfInfo, parse_elf_file
from tools.lib.oci.layout import find_blob, verify_blob
from tools.lib.oci.manifest import parse_manifest
from tools.lib.part.part import Blob, Part, PartDirectory, PartEntry
from tools.lib.part.part_writer import has_text
from tools.tar_layer.tar_walk import BLOCK, Chunks

_TYPES = {flag: kind for kind, flag in TYPEFLAGS.items()}
# What is larger lies in a file while it is looked at.
_IN_MEMORY = 16 << 20
# The bytes of a tar that is not a part are of no use to its readers.
_NO_BLOB = Blob("none", 0, 0, "")


def read(path: str) -> Part:
    """The files of a tar, plain or compressed by gzip or zstd.

    Raises:
        ToolError: it is none, or damaged.
    """
    try:
        with open(path, "rb") as source:
            compression = detect(source.read(BLOCK))
            source.seek(0)
            entries = list(_entries(Chunks(chunks(source, SUFFIXES[compression]))))
    except ToolError as error:
        raise ToolError(f"{path}: {error.message}", error.hint) from None
    except (tarfile.TarError, UnicodeError, ValueError) as error:
        raise ToolError(f"{path}: not a whole tar: {error}") from None
    return Part(
        label=path,
        architecture=None,
        package=None,
        blob=_NO_BLOB,
        directories=tuple(each for each in entries if isinstance(each, PartDirectory)),
        entries=tuple(each for each in entries if isinstance(each, PartEntry)),
    )


def read_layout(manifest: str, layouts: Sequence[str]) -> Iterator[Part]:
    """The layers of an image's manifest that are in OCI layouts, bottom to top."""
    for layer in parse_manifest(read_document(manifest), manifest).layers:
        if path := find_blob(layouts, layer.digest):
            verify_blob(path, layer)
            yield read(path)


class _Source:
    """A stream as tarfile reads it."""

    def __init__(self, data: Chunks) -> None:
        self._data = data

    def read(self, size: int) -> bytes:
        return self._data.take(size)


def _entries(data: Chunks) -> Iterator[PartEntry | PartDirectory]:
    with tarfile.open(
        fileobj=cast(IO[bytes], _Source(data)),  # all that it asks of a stream
        mode="r|",
        encoding="utf-8",
        errors="surrogateescape",
    ) as archive:
        for member in archive:
            archive.members = []  # type: ignore[attr-defined]  # else it keeps them all
            yield _entry(archive, member)


def _entry(archive: tarfile.TarFile, member: tarfile.TarInfo) -> PartEntry | PartDirectory:
    kind = "file" if member.isreg() else _TYPES.get(member.type)
    if kind is None:
        raise tarfile.ReadError(f"{member.name}: an entry of unknown type {member.type!r}")
    path = "/".join(part for part in member.name.split("/") if part not in ("", "."))
    mode, mtime = member.mode & 0o7777, max(0, int(member.mtime))
    if kind == "directory":
        return PartDirectory(path=path, mode=mode, uid=member.uid, gid=member.gid, mtime=mtime)
    elf = text = None
    if kind == "file":
        elf, text = _read_file(archive, member, path)
    return PartEntry(
        path=path,
        type=kind,
        mode=mode,
        uid=member.uid,
        gid=member.gid,
        mtime=mtime,
        link=member.linkname if kind in ("symlink", "hardlink") else "",
        elf=elf,
        text=text,
    )


def _read_file(
    archive: tarfile.TarFile, member: tarfile.TarInfo, path: str
) -> tuple[ElfInfo | None, str | None]:
    content = archive.extractfile(member)
    assert content is not None
    start = content.read(len(MAGIC))
    if start == MAGIC:
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as copy:
            copy.write(start)
            shutil.copyfileobj(content, copy, 1 << 20)
            return parse_elf_file(copy, path), None
    if has_text(path, member.size):
        return None, (start + content.read()).decode("utf-8", "surrogateescape")
    return None, None
