"""Packages for tests, made in memory.

`deb(file("usr/bin/x", b"..."), symlink("usr/bin/y", "x"))` is a complete .deb. Everything in it can
be replaced, down to the bytes.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
from collections.abc import Callable, Iterable
from typing import NamedTuple

MTIME = 1_700_000_000

CONTROL = b"""\
Package: sample
Version: 1.2-3
Architecture: amd64
Maintainer: Nobody <nobody@example.com>
Description: a package
 made for a test
"""


class PackedEntry(NamedTuple):
    """A header and its data."""

    info: tarfile.TarInfo
    data: bytes


def _entry(name: str, kind: bytes, mode: int, data: bytes = b"", link: str = "") -> PackedEntry:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.linkname = kind, mode, link
    info.size, info.mtime = len(data), MTIME
    info.uname = info.gname = "root"
    return PackedEntry(info, data)


def file(name: str, data: bytes = b"", mode: int = 0o644) -> PackedEntry:
    return _entry(name, tarfile.REGTYPE, mode, data)


def directory(name: str, mode: int = 0o755) -> PackedEntry:
    return _entry(name, tarfile.DIRTYPE, mode)


def symlink(name: str, target: str) -> PackedEntry:
    return _entry(name, tarfile.SYMTYPE, 0o777, link=target)


def hardlink(name: str, target: str) -> PackedEntry:
    return _entry(name, tarfile.LNKTYPE, 0o644, link=target)


def device(name: str, kind: bytes = tarfile.CHRTYPE) -> PackedEntry:
    return _entry(name, kind, 0o600)


def tar(*entries: PackedEntry, format: int = tarfile.GNU_FORMAT) -> bytes:
    """Returns an archive of the entries as they are."""
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


def md5sums(*entries: PackedEntry) -> bytes:
    """Returns the md5sums file that dh_md5sums(1) writes for the entries."""
    return b"".join(
        b"%s  %s\n" % (hashlib.md5(data).hexdigest().encode(), info.name.lstrip("./").encode())
        for info, data in entries
        if info.isreg()
    )


def ar(members: Iterable[tuple[str, bytes]]) -> bytes:
    """Returns an ar archive of the members, as dpkg-deb(1) writes it."""
    return b"!<arch>\n" + b"".join(
        f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode()
        + data
        + b"\n" * (len(data) % 2)
        for name, data in members
    )


def deb(
    *entries: PackedEntry,
    control: bytes = CONTROL,
    sums: bytes | None = None,
    suffix: str = ".xz",
    control_suffix: str = ".xz",
    prefix: str = "./",
    format: int = tarfile.GNU_FORMAT,
    data: bytes | None = None,
) -> bytes:
    """Returns a package.

    Args:
        *entries: its files. No parent directories are added.
        control: its control file.
        sums: its md5sums file; None for none.
        suffix: the compression of data.tar, a key of COMPRESSIONS.
        control_suffix: the compression of control.tar.
        prefix: the start of names in control.tar.
        format: tarfile's format of data.tar.
        data: data.tar itself, in place of `entries`.
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
