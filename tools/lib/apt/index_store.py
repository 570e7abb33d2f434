"""Package indexes in a form for lookups by name: 57 MB of Packages become 8 MB.

A lock needs a few hundred of 65,000 packages, so an index is not parsed as a whole. It is scanned
once for the fields that matter. Paragraphs are sorted by package name and compressed a few dozen at
a time; a lookup decompresses one or two such chunks. A stored index never changes.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import zstandard

from tools.lib.apt.fetch import DownloadedIndex, UnverifiedIndexError
from tools.lib.apt.release import MAX_TEXT, ReleaseEntry
from tools.lib.archive.decompress import chunks
from tools.lib.cli.errors import ToolError
from tools.lib.debian.deb822 import MAX_PARAGRAPH, parse_paragraph

# Part of the directory's name: to be changed with the content or the names of the files.
FORMAT = 2

_FIELDS = (
    "Package|Version|Architecture|Priority|Pre-Depends|Depends|Conflicts|Breaks|Provides"
    "|Filename|Size|SHA256"
)
# Searching for a line feed and looking at the next character is three times as fast as searching
# for field names at line starts.
_KEPT = re.compile(
    rf"\n(?=[ABCDFPSVabcdfpsv])(?i:{_FIELDS}):[^\n]*(?:\n[ \t][^\n]*)*|\n(?=\n)".encode()
)
_NAME = re.compile(rb"^(?i:Package):[ \t]*(\S+)", re.MULTILINE)
_PROVIDES = re.compile(rb"^(?i:Provides):([^\n]*\n(?:[ \t][^\n]*\n)*)", re.MULTILINE)
_PROVIDED = re.compile(rb"(?:^|,)\s*([A-Za-z0-9][A-Za-z0-9+._-]*)")
_CHUNK = 48
# Debian's largest index has 66,000 packages that provide 110,000 names.
_MAX_PACKAGES = 500_000
_MAX_PROVIDED = 1_000_000
_MAX_VERSIONS = 20_000


def file_name(suffix: str, entry: ReleaseEntry) -> str:
    """The file that stores an index.

    Named by what was verified, the file that was downloaded, and how it was read. No repository can
    so choose what is stored for another one.
    """
    return entry.sha256 + suffix


def keep(path: str, index: DownloadedIndex, text: ReleaseEntry | None) -> None:
    """Stores an index, whole or not at all.

    Args:
        path: the file to write.
        index: as it was fetched.
        text: the entry of the uncompressed index in the Release file, if there is one.

    Raises:
        UnverifiedIndexError: the text is not what the Release file lists.
        ToolError: the index is malformed or too large.
    """
    limit = text.size if text else MAX_TEXT
    digest = hashlib.sha256()
    size = 0

    def pieces() -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks(io.BytesIO(index.data), index.suffix):
            size += len(chunk)
            if size > limit:
                raise ToolError(f"larger than {limit} bytes when decompressed")
            digest.update(chunk)
            yield chunk

    def check() -> None:
        if text and digest.hexdigest() != text.sha256:
            reason = "differs from the Release file when decompressed"
            raise UnverifiedIndexError(reason, "", reason)

    try:
        write(path, pieces(), check)
    except UnverifiedIndexError as error:
        raise UnverifiedIndexError(f"{index.url}: {error.message}", _HINT, error.reason) from None
    except ToolError as error:
        raise ToolError(f"{index.url}: {error.message}", _HINT) from None


_HINT = "the repository is broken"


def write(path: str, pieces: Iterable[bytes], check: Callable[[], None] = lambda: None) -> None:
    """Stores the text of an index.

    Args:
        path: the file to write.
        pieces: the text.
        check: called after the last piece; what it raises leaves no file.
    """
    partial = f"{path}.{os.getpid()}.{threading.get_ident()}.partial"
    try:
        with contextlib.closing(sqlite3.connect(partial)) as database:
            # The file is renamed when it is complete, so nothing needs to be undone.
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")
            _fill(database, pieces)
            check()
            database.commit()
        os.rename(partial, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(partial)


def _fill(database: sqlite3.Connection, pieces: Iterable[bytes]) -> None:
    database.execute("CREATE TABLE chunks (first TEXT, paragraphs BLOB)")
    database.execute(
        "CREATE TABLE provided (name TEXT, package TEXT, PRIMARY KEY (name, package)) WITHOUT ROWID"
    )
    paragraphs: list[tuple[bytes, bytes]] = []
    provided = 0
    for name, paragraph in _paragraphs(pieces):
        paragraphs.append((name, paragraph))
        names = _provided(paragraph)
        provided += len(names)
        if len(paragraphs) > _MAX_PACKAGES or provided > _MAX_PROVIDED:
            raise ToolError(f"more than {_MAX_PACKAGES} packages or {_MAX_PROVIDED} provided names")
        if names:
            rows = [(each, name.decode(errors="replace")) for each in names]
            database.executemany("INSERT OR IGNORE INTO provided VALUES (?, ?)", rows)
    paragraphs.sort()
    compressor = zstandard.ZstdCompressor(level=1)
    for start in range(0, len(paragraphs), _CHUNK):
        chunk = paragraphs[start : start + _CHUNK]
        database.execute(
            "INSERT INTO chunks VALUES (?, ?)",
            (
                chunk[0][0].decode(errors="replace"),
                compressor.compress(b"\n".join(paragraph for _, paragraph in chunk)),
            ),
        )
    database.execute("CREATE INDEX by_first ON chunks (first)")


def _paragraphs(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Package names and the fields to keep."""
    for block in _blocks(pieces):
        for paragraph in b"".join(_KEPT.findall(b"\n" + block)).split(b"\n\n"):
            name = _NAME.search(paragraph)
            if name:
                yield name[1], paragraph.strip(b"\n") + b"\n"
            elif paragraph and not paragraph.isspace():
                raise ToolError("not a package index: a paragraph without Package")


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The text in blocks of whole paragraphs, with LF as line end."""
    pending = b""
    for piece in pieces:
        text = pending + piece
        # What follows the last empty line, or may be half of a line end, waits for the next piece.
        end = max(text.rfind(b"\n\n"), text.rfind(b"\n\r\n"))
        if end < 0 or text.endswith(b"\r"):
            pending = text
        else:
            yield text[: end + 1].replace(b"\r\n", b"\n") + b"\n"
            pending = text[end + 1 :]
        if len(pending) > 2 * MAX_PARAGRAPH:
            raise ToolError(f"a paragraph of more than {MAX_PARAGRAPH} bytes")
    yield pending.replace(b"\r\n", b"\n")


def _provided(paragraph: bytes) -> list[str]:
    # Most paragraphs provide nothing, and searching for a word is faster than for a pattern.
    field = _PROVIDES.search(paragraph) if b"provides:" in paragraph.lower() else None
    return [name.decode() for name in _PROVIDED.findall(field[1])] if field else []


class IndexStore:
    """Lookups in a stored index."""

    def __init__(self, path: str, where: str) -> None:
        """Opens the file at `path`; `where` names the index in errors."""
        self._path = path
        self._where = where
        self._database = sqlite3.connect(f"{Path(path).as_uri()}?mode=ro", uri=True)

    def close(self) -> None:
        self._database.close()

    def paragraphs(self, name: str) -> list[dict[str, str]]:
        """The paragraphs of a package, one for each version in the index."""
        # The chunk before the first one that starts with the name may end with it.
        rows = self._rows(
            "SELECT paragraphs FROM chunks WHERE first = ?1 UNION ALL SELECT * FROM (SELECT"
            " paragraphs FROM chunks WHERE first < ?1 ORDER BY first DESC LIMIT 1)",
            name,
        )
        if len(rows) * _CHUNK > _MAX_VERSIONS:
            raise ToolError(f"{self._where}: more than {_MAX_VERSIONS} versions of {name:.80}")
        found = []
        for (chunk,) in rows:
            for text in zstandard.decompress(chunk).decode("utf-8", "replace").split("\n\n"):
                # Most paragraphs of a chunk belong to other packages and need no parsing.
                fields = parse_paragraph(text, f"{self._where}: {name}") if name in text else {}
                if fields.get("package") == name:
                    found.append(fields)
        return found

    def providers(self, name: str) -> list[str]:
        """The names of packages of which some version provides `name`."""
        rows = self._rows("SELECT package FROM provided WHERE name = ?", name)
        return [package for (package,) in rows]

    def names(self) -> set[str]:
        """The names of all packages. Reads the whole index."""
        return {
            name.decode("utf-8", "replace")
            for (chunk,) in self._rows("SELECT paragraphs FROM chunks")
            for name in _NAME.findall(zstandard.decompress(chunk))
        }

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise ToolError(f"{self._path}: damaged: {error}", "delete it") from None
