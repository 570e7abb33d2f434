"""Indexes kept for lookup by name: 57 MB of Packages become 8 MB of which a lookup reads a few kB.

Resolving asks for some hundred of 65,000 packages. So an index is gone through once, without
parsing it: only the fields that matter are kept, and stanzas, sorted by name, are compressed by the
dozen. A file of the store never changes; it is named by the hash of the index it was made from.
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
from tools.lock.packages import parse_stanza
from tools.lock.release import MAX_TEXT, Listed

# Changes with what the store holds: part of the directory's name.
FORMAT = 1

_FIELDS = (
    "Package|Version|Architecture|Priority|Pre-Depends|Depends|Conflicts|Breaks|Provides"
    "|Filename|Size|SHA256"
)
# A character to look for and a look at the next: three times as fast as names at starts of lines.
_KEPT = re.compile(
    rf"\n(?=[ABCDFPSVabcdfpsv])(?i:{_FIELDS}):[^\n]*(?:\n[ \t][^\n]*)*|\n(?=\n)".encode()
)
_NAME = re.compile(rb"^(?i:Package):[ \t]*(\S+)", re.MULTILINE)
_PROVIDES = re.compile(rb"^[Pp]rovides:([^\n]*\n(?:[ \t][^\n]*\n)*)", re.MULTILINE)
_PROVIDED = re.compile(rb"(?:^|,)\s*([A-Za-z0-9][A-Za-z0-9+.-]*)")
_CHUNK = 48


def keep(path: str, url: str, data: bytes, suffix: str, text: Listed | None) -> None:
    """Writes the store of an index, whole or not at all.

    Args:
        path: the file to write.
        url: of the index, for messages.
        data: as it was fetched.
        suffix: of its compression.
        text: how the Release file lists it without compression, if it does.
    """
    write(path, _decompress(url, data, suffix, text), url)


def _decompress(url: str, data: bytes, suffix: str, listed: Listed | None) -> bytes:
    limit = listed.size if listed else MAX_TEXT
    text = bytearray()
    try:
        for chunk in chunks(io.BytesIO(data), suffix):
            text += chunk
            if len(text) > limit:
                raise ToolError(f"larger than {limit} bytes when decompressed")
        if listed and hashlib.sha256(text).hexdigest() != listed.sha256:
            raise ToolError("not what the Release file lists when decompressed")
    except ToolError as error:
        raise ToolError(f"{url}: {error}", "the repository itself is broken") from None
    return bytes(text)


def write(path: str, text: bytes, where: str) -> None:
    """As `keep`, of the text of an index."""
    stanzas = sorted(_stanzas(text, where))
    compressor = zstandard.ZstdCompressor(level=1)
    chunks = (
        (
            stanzas[start][0].decode(errors="replace"),
            compressor.compress(
                b"\n".join(stanza for _, stanza in stanzas[start : start + _CHUNK])
            ),
        )
        for start in range(0, len(stanzas), _CHUNK)
    )
    provided = sorted({pair for name, stanza in stanzas for pair in _provided(name, stanza)})
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE chunks (first TEXT, stanzas BLOB)")
        database.executemany("INSERT INTO chunks VALUES (?, ?)", chunks)
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


def _stanzas(text: bytes, where: str) -> Iterator[tuple[bytes, bytes]]:
    for stanza in b"".join(_KEPT.findall(b"\n" + text)).split(b"\n\n"):
        name = _NAME.search(stanza)
        if name:
            yield name[1], stanza.strip(b"\n") + b"\n"
        elif stanza and not stanza.isspace():
            raise ToolError(f"{where}: not an index: a stanza has no Package")


def _provided(name: bytes, stanza: bytes) -> Iterator[tuple[str, str]]:
    # Most stanzas provide nothing, and looking for a word is faster than for a pattern.
    field = _PROVIDES.search(stanza) if b"rovides:" in stanza else None
    if field:
        for provided in _PROVIDED.findall(field[1]):
            yield provided.decode(), name.decode(errors="replace")


class Store:
    """The lookups in one written store."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._database = sqlite3.connect(f"{Path(path).as_uri()}?mode=ro", uri=True)

    def close(self) -> None:
        self._database.close()

    def stanzas(self, name: str) -> list[dict[str, str]]:
        """The stanzas of a package, one for each version in the index."""
        # A chunk that starts with the name may be preceded by one that ends with it.
        rows = self._rows(
            "SELECT stanzas FROM chunks WHERE first = ?1 UNION ALL SELECT * FROM (SELECT stanzas"
            " FROM chunks WHERE first < ?1 ORDER BY first DESC LIMIT 1)",
            name,
        )
        found = []
        for (chunk,) in rows:
            for stanza in zstandard.decompress(chunk).decode("utf-8", "replace").split("\n\n"):
                # Most stanzas of a chunk are of others: they are not parsed.
                fields = parse_stanza(stanza) if name in stanza else {}
                if fields.get("package") == name:
                    found.append(fields)
        return found

    def providers(self, name: str) -> list[str]:
        """Names of the packages of which some version provides `name`."""
        rows = self._rows("SELECT package FROM provided WHERE name = ?", name)
        return [package for (package,) in rows]

    def names(self) -> set[str]:
        """Names of all packages; reads the whole store."""
        return {
            name.decode("utf-8", "replace")
            for (chunk,) in self._rows("SELECT stanzas FROM chunks")
            for name in _NAME.findall(zstandard.decompress(chunk))
        }

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise ToolError(f"{self._path}: damaged: {error}", "remove it") from None
