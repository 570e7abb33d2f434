"""Package indexes in a form for lookups by name: 57 MB of Packages become 8 MB.

A lock needs a few hundred of 65,000 packages, so an index is not parsed as a whole. It is scanned
once for the fields that matter. Paragraphs are sorted by package name and compressed a few dozen at
a time; a lookup decompresses one or two such chunks. A stored index never changes.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard

from tools.lib.archive.decompress import chunks
from tools.lib.cli.errors import ToolError
from tools.lib.cli.files import atomic_write
from tools.lib.debian.deb822 import parse_paragraph
from tools.lock.release import MAX_TEXT, ReleaseEntry

# Part of the directory's name: to be changed with the content of the files.
FORMAT = 1

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
_PROVIDES = re.compile(rb"^[Pp]rovides:([^\n]*\n(?:[ \t][^\n]*\n)*)", re.MULTILINE)
_PROVIDED = re.compile(rb"(?:^|,)\s*([A-Za-z0-9][A-Za-z0-9+.-]*)")
_CHUNK = 48


def keep(path: str, url: str, data: bytes, suffix: str, text: ReleaseEntry | None) -> None:
    """Stores an index, whole or not at all.

    Args:
        path: the file to write.
        url: of the index, for errors.
        data: as it was fetched.
        suffix: of its compression.
        text: the entry of the uncompressed index in the Release file, if there is one.

    Raises:
        ToolError: the index is malformed, too large, or not what the Release file lists.
    """
    write(path, _decompress(url, data, suffix, text), url)


def _decompress(url: str, data: bytes, suffix: str, entry: ReleaseEntry | None) -> bytes:
    limit = entry.size if entry else MAX_TEXT
    text = bytearray()
    try:
        for chunk in chunks(io.BytesIO(data), suffix):
            text += chunk
            if len(text) > limit:
                raise ToolError(f"larger than {limit} bytes when decompressed")
        if entry and hashlib.sha256(text).hexdigest() != entry.sha256:
            raise ToolError("differs from what the Release file lists when decompressed")
    except ToolError as error:
        raise ToolError(f"{url}: {error.message}", "the repository is broken") from None
    return bytes(text)


def write(path: str, text: bytes, where: str) -> None:
    """Stores the text of an index; see `keep`."""
    paragraphs = sorted(_paragraphs(text, where))
    compressor = zstandard.ZstdCompressor(level=1)
    rows = (
        (
            paragraphs[start][0].decode(errors="replace"),
            compressor.compress(
                b"\n".join(paragraph for _, paragraph in paragraphs[start : start + _CHUNK])
            ),
        )
        for start in range(0, len(paragraphs), _CHUNK)
    )
    provided = sorted(
        {pair for name, paragraph in paragraphs for pair in _provided(name, paragraph)}
    )
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE chunks (first TEXT, paragraphs BLOB)")
        database.executemany("INSERT INTO chunks VALUES (?, ?)", rows)
        database.execute("CREATE INDEX by_first ON chunks (first)")
        database.execute(
            "CREATE TABLE provided (name TEXT, package TEXT, PRIMARY KEY (name, package))"
            " WITHOUT ROWID"
        )
        database.executemany("INSERT INTO provided VALUES (?, ?)", provided)
        database.commit()
        image = database.serialize()
    with atomic_write(path) as out:
        out.write(image)


def _paragraphs(text: bytes, where: str) -> Iterator[tuple[bytes, bytes]]:
    """Package names and the fields to keep."""
    for paragraph in b"".join(_KEPT.findall(b"\n" + text)).split(b"\n\n"):
        name = _NAME.search(paragraph)
        if name:
            yield name[1], paragraph.strip(b"\n") + b"\n"
        elif paragraph and not paragraph.isspace():
            raise ToolError(f"{where}: not a package index: a paragraph without Package")


def _provided(name: bytes, paragraph: bytes) -> Iterator[tuple[str, str]]:
    # Most paragraphs provide nothing, and searching for a word is faster than for a pattern.
    field = _PROVIDES.search(paragraph) if b"rovides:" in paragraph else None
    if field:
        for provided in _PROVIDED.findall(field[1]):
            yield provided.decode(), name.decode(errors="replace")


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
