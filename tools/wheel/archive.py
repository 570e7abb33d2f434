"""Reads wheels strictly: zip archives in which every file is listed, with its hash, in RECORD.

Source of the format: the PyPA specification "Binary distribution format"; PKWARE's APPNOTE for zip.
What other readers could read differently is an error, and so is a file that RECORD does not
describe.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from tools.lib.archive.limits import MAX_WHEEL_RECORD, layer_limits
from tools.lib.archive.tar_entry import path_bytes
from tools.lib.archive.tar_member import relative
from tools.lib.cli.errors import ToolError

_CHUNK = 1 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
# RECORD does not list itself and its signatures.
_UNLISTED = ("RECORD", "RECORD.jws", "RECORD.p7s")


@dataclass(frozen=True, slots=True)
class WheelFile:
    """A file of a wheel: its path in the archive, and its place in `site-packages`."""

    info: zipfile.ZipInfo
    place: str


class Wheel:
    """A wheel.

    Args:
        source: the archive.

    Raises:
        ToolError: it is not a wheel, is damaged or ambiguous, has a name that leads out of its
            directory, or is too large.
    """

    def __init__(self, source: IO[bytes]) -> None:
        try:
            self._zip = zipfile.ZipFile(source)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError) as error:
            raise ToolError(f"not a zip archive: {error}") from None
        self._members = _members(self._zip, source.seek(0, io.SEEK_END))
        directories = {path.partition("/")[0] for path in self._members if ".dist-info/" in path}
        tops = sorted(each for each in directories if each.endswith(".dist-info"))
        if len(tops) != 1:
            raise ToolError(f"not a wheel: {len(tops)} directories *.dist-info")
        self._dist_info = tops[0]
        self._record = self._read_record()

    def files(self) -> list[WheelFile]:
        """The files that belong into `site-packages`, sorted by place. Scripts and headers do not.

        Raises:
            ToolError: two files have one place, or RECORD does not list a file.
        """
        data = self._dist_info.removesuffix(".dist-info") + ".data/"
        placed: dict[str, WheelFile] = {}
        for path, info in self._members.items():
            if path not in self._record and not self._is_unlisted(path):
                raise ToolError(f"{path}: not listed in {self._dist_info}/RECORD")
            place = path
            if path.startswith(data):
                scheme, _, rest = path.removeprefix(data).partition("/")
                if scheme in ("scripts", "headers"):
                    continue  # Scripts would need the path of an interpreter.
                place = rest if scheme in ("purelib", "platlib") else path
            if not place or place in placed:
                raise ToolError(f"{path}: duplicate entry")
            placed[place] = WheelFile(info, place)
        for place in placed:
            parent = place.rpartition("/")[0]
            while parent:
                if parent in placed:
                    raise ToolError(f"{place}: {parent} is a file, not a directory")
                parent = parent.rpartition("/")[0]
        return sorted(placed.values(), key=lambda each: path_bytes(each.place))

    def content(self, file: WheelFile) -> Iterator[bytes]:
        """Yields the data of a file, at most a megabyte at a time.

        Raises:
            ToolError: the archive is damaged, or the hash differs from that in RECORD.
        """
        path = file.info.filename
        expected = self._record.get(relative(path.encode()))
        hashed = hashlib.new(expected[0]) if expected else None
        size = 0
        try:
            with self._zip.open(file.info) as source:
                while chunk := source.read(_CHUNK):
                    size += len(chunk)
                    if hashed:
                        hashed.update(chunk)
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise ToolError(f"{path}: damaged: {error}") from None
        if size != file.info.file_size:
            raise ToolError(f"{path}: {size} bytes of data, expected {file.info.file_size}")
        if expected and hashed and _encode(hashed.digest()) != expected[1]:
            raise ToolError(f"{path}: its hash differs from that in RECORD")

    def _is_unlisted(self, path: str) -> bool:
        return path in {f"{self._dist_info}/{name}" for name in _UNLISTED}

    def _read_record(self) -> dict[str, tuple[str, str] | None]:
        """The paths of RECORD, with the algorithm and value of their hashes."""
        where = f"{self._dist_info}/RECORD"
        info = self._members.get(where)
        if not info:
            raise ToolError(f"not a wheel: missing file {where}")
        if info.file_size > MAX_WHEEL_RECORD:
            raise ToolError(f"{where}: {info.file_size} bytes, more than {MAX_WHEEL_RECORD}")
        self._record = {}
        text = b"".join(self.content(WheelFile(info, where))).decode("utf-8", "replace")
        record: dict[str, tuple[str, str] | None] = {}
        try:
            for row in csv.reader(io.StringIO(text, newline=""), strict=True):
                if row:
                    path = relative(row[0].replace("\\", "/").encode("utf-8", "surrogateescape"))
                    algorithm, _, value = (row[1] if len(row) > 1 else "").partition("=")
                    known = algorithm in ("sha256", "sha384", "sha512")
                    if not known and not self._is_unlisted(path):
                        raise ToolError(
                            f"{where}: {path}: no hash of type sha256, sha384 or sha512"
                        )
                    record[path] = (algorithm, value.rstrip("=")) if known else None
        except csv.Error as error:
            raise ToolError(f"{where}: {error}") from None
        return record


def _members(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """The files of an archive of `size` bytes by path; directories are implied."""
    infos = archive.infolist()
    limits = layer_limits(size)
    if len(infos) > limits.entries:
        raise ToolError(f"{len(infos)} files, more than {limits.entries}")
    if sum(info.file_size for info in infos) > limits.size:
        raise ToolError(f"more than {limits.size} bytes of files")
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.filename
        mode = info.external_attr >> 16
        if name.startswith("/") or "\\" in info.orig_filename or "\0" in info.orig_filename:
            raise ToolError(f"{info.orig_filename!r:.200}: invalid path")
        path = relative(name.encode("utf-8", "surrogateescape"))
        if name.rstrip("/") != path or not path:
            raise ToolError(f"{name!r:.200}: invalid path")
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise ToolError(f"{path}: not a regular file")
        if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
            raise ToolError(f"{path}: encrypted, or compressed by an unusual method")
        if info.header_offset < 0:  # zipfile would read there
            raise ToolError(f"{path}: damaged: it lies before the archive")
        if info.is_dir():
            continue
        if path in members:
            raise ToolError(f"{path}: duplicate entry")
        members[path] = info
    return members


def _encode(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
