"""Layers that come from elsewhere as tars, described as parts are.

All bytes of such a layer are read: no action before has noted what is in it.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Any, cast

from tools.lib.archive.decompress import SUFFIXES, chunks, detect
from tools.lib.archive.tar_entry import TYPEFLAGS, Entry
from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import read_document
from tools.lib.elf import elf_file as elf
from tools.lib.oci.documents import blob_path, parse_manifest
from tools.lib.part.part import VERSION, Part, is_read
from tools.tar_layer.tar_walk import BLOCK, Chunks

_TYPES = {flag: kind for kind, flag in TYPEFLAGS.items()}
# What is larger lies in a file while it is looked at.
_IN_MEMORY = 16 << 20


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
    return {
        "version": VERSION,
        "label": path,
        "architecture": None,
        "package": None,
        "entries": [each for each in entries if each["type"] != "directory"],
        "directories": [each for each in entries if each["type"] == "directory"],
        "replaces": [],
    }


def read_layout(manifest: str, layouts: Sequence[str]) -> Iterator[Part]:
    """The layers of an image's manifest that are in OCI layouts, bottom to top."""
    for layer in parse_manifest(read_document(manifest), manifest).layers:
        for path in (blob_path(layout, layer.digest) for layout in layouts):
            if os.path.exists(path):
                yield read(path)
                break


class _Source:
    """A stream as tarfile reads it."""

    def __init__(self, data: Chunks) -> None:
        self._data = data

    def read(self, size: int) -> bytes:
        return self._data.take(size)


def _entries(data: Chunks) -> Iterator[dict[str, Any]]:
    with tarfile.open(
        fileobj=cast(IO[bytes], _Source(data)),  # all that it asks of a stream
        mode="r|",
        encoding="utf-8",
        errors="surrogateescape",
    ) as archive:
        for member in archive:
            archive.members = []  # type: ignore[attr-defined]  # else it keeps them all
            yield _entry(archive, member)


def _entry(archive: tarfile.TarFile, member: tarfile.TarInfo) -> dict[str, Any]:
    kind = "file" if member.isreg() else _TYPES.get(member.type)
    if kind is None:
        raise tarfile.ReadError(f"{member.name}: an entry of unknown type {member.type!r}")
    path = "/".join(part for part in member.name.split("/") if part not in ("", "."))
    described: dict[str, Any] = {
        "path": path,
        "type": kind,
        "mode": f"{member.mode & 0o7777:04o}",
        "uid": member.uid,
        "gid": member.gid,
        "mtime": max(0, int(member.mtime)),
    }
    if kind in ("symlink", "hardlink"):
        described["link"] = member.linkname
    elif kind == "file":
        content = archive.extractfile(member)
        assert content is not None
        start = content.read(len(elf.MAGIC))
        if start == elf.MAGIC:
            with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as copy:
                copy.write(start)
                shutil.copyfileobj(content, copy, 1 << 20)
                if found := elf.describe_file(copy):
                    described["elf"] = found
        elif is_read(Entry(path, "file", 0, size=member.size)):
            described["text"] = (start + content.read()).decode("utf-8", "surrogateescape")
    return described
