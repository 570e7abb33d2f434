"""Packages for tests, made in memory.

deb(file("usr/bin/x", b"..."), symlink("usr/bin/y", "x")) is a whole .deb; each part of it can be
another, down to the bytes.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tools.deb.__main__ import main

FILES = ("deb", "blob-out", "part-out")
MTIME = 1_700_000_000

CONTROL = b"""\
Package: sample
Version: 1.2-3
Architecture: amd64
Maintainer: Nobody <nobody@example.com>
Description: a package
 made for a test
"""


class TarEntry(NamedTuple):
    """A header and its data."""

    info: tarfile.TarInfo
    data: bytes


def _entry(name: str, kind: bytes, mode: int, data: bytes = b"", link: str = "") -> TarEntry:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.linkname = kind, mode, link
    info.size, info.mtime = len(data), MTIME
    info.uname = info.gname = "root"
    return TarEntry(info, data)


def file(name: str, data: bytes = b"", mode: int = 0o644) -> TarEntry:
    return _entry(name, tarfile.REGTYPE, mode, data)


def directory(name: str, mode: int = 0o755) -> TarEntry:
    return _entry(name, tarfile.DIRTYPE, mode)


def symlink(name: str, target: str) -> TarEntry:
    return _entry(name, tarfile.SYMTYPE, 0o777, link=target)


def hardlink(name: str, target: str) -> TarEntry:
    return _entry(name, tarfile.LNKTYPE, 0o644, link=target)


def device(name: str, kind: bytes = tarfile.CHRTYPE) -> TarEntry:
    return _entry(name, kind, 0o600)


def tar(*entries: TarEntry, format: int = tarfile.GNU_FORMAT) -> bytes:
    """An archive of the entries as they are."""
    buffer = io.BytesIO()
    with tarfile.open(
        fileobj=buffer, mode="w", format=format, encoding="utf-8", errors="surrogateescape"
    ) as archive:
        for info, data in entries:
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _zstd(data: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor().compress(data)


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".xz": lzma.compress,
    ".zst": _zstd,
    ".bz2": bz2.compress,
    ".lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
}


def md5sums(*entries: TarEntry) -> bytes:
    """As dh_md5sums(1) writes it."""
    return b"".join(
        b"%s  %s\n" % (hashlib.md5(data).hexdigest().encode(), info.name.lstrip("./").encode())
        for info, data in entries
        if info.isreg()
    )


def ar(members: Iterable[tuple[str, bytes]]) -> bytes:
    """An archive of the members, named as dpkg-deb(1) names them."""
    return b"!<arch>\n" + b"".join(
        f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode()
        + data
        + b"\n" * (len(data) % 2)
        for name, data in members
    )


def deb(
    *entries: TarEntry,
    control: bytes = CONTROL,
    sums: bytes | None = None,
    suffix: str = ".xz",
    control_suffix: str = ".xz",
    prefix: str = "./",
    format: int = tarfile.GNU_FORMAT,
    data: bytes | None = None,
) -> bytes:
    """A package.

    Args:
        *entries: its files; nothing is added to them.
        control: its control file.
        sums: its md5sums; None for none.
        suffix: compression of the files' archive, a key of COMPRESSIONS.
        control_suffix: compression of the control archive.
        prefix: what names in the control archive begin with.
        format: tarfile's format of the files' archive.
        data: the files' archive itself, in place of `entries`.
    """
    controls = [file(f"{prefix}control", control)]
    if sums is not None:
        controls.append(file(f"{prefix}md5sums", sums))
    archive = tar(*entries, format=format) if data is None else data
    return ar(
        [
            ("debian-binary", b"2.0\n"),
            (f"control.tar{control_suffix}", COMPRESSIONS[control_suffix](tar(*controls))),
            (f"data.tar{suffix}", COMPRESSIONS[suffix](archive)),
        ]
    )


class Part(NamedTuple):
    """What the tool wrote: part.json, and the run as Python's tarfile reads it."""

    metadata: dict[str, Any]
    entries: dict[str, tarfile.TarInfo]
    contents: dict[str, bytes]


def convert(directory: Path, package: bytes, *flags: str) -> Part:
    """Runs the tool on a package, with files in `directory`."""
    paths = [directory / name for name in ("sample.deb", "sample.part.gz", "sample.part.json")]
    paths[0].write_bytes(package)
    names = [f"--{name}={path}" for name, path in zip(FILES, paths, strict=True)]
    main([*names, "--label=//test:sample", *flags])
    return read(paths[1], paths[2])


def read(run: Path, metadata: Path) -> Part:
    """Reads a part in gzip."""
    archive = gzip.decompress(run.read_bytes()) + bytes(1024)
    entries: dict[str, tarfile.TarInfo] = {}
    contents: dict[str, bytes] = {}
    with tarfile.open(
        fileobj=io.BytesIO(archive), encoding="utf-8", errors="surrogateescape"
    ) as reader:
        for info in reader:
            assert info.name not in entries
            entries[info.name] = info
            source = reader.extractfile(info) if info.isreg() else None
            contents[info.name] = source.read() if source else b""
    return Part(
        json.loads(metadata.read_bytes().decode("utf-8", "surrogateescape")), entries, contents
    )
