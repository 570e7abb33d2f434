"""What SBOMs need of a part besides part.json. docs/formats.md, "Inventory", describes the file.

It is a file of its own because every image reads part.json, and few builds make SBOMs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO

from tools.lib.archive.limits import MAX_INVENTORY_TEXT, MAX_INVENTORY_TEXTS
from tools.lib.cli.errors import ToolError
from tools.lib.cli.files import dump_json
from tools.lib.data.json_values import parse_object, require_string, require_string_map

VERSION = 1

# Files that name software, its version or its license.
_TEXTS = re.compile(
    r"""
    usr/share/doc/[^/]+/copyright     # Debian policy, section 12.5
    | (etc|usr/lib)/os-release        # os-release(5)
    | usr/lib/jvm/[^/]+/release       # a Java runtime
    | (.+/)?[^/]+\.dist-info/METADATA # a Python distribution
    | (.+/)?node_modules/(@[^/]+/)?[^/]+/package\.json # a package of npm
    | (.+/)?[^/]+\.spdx\.json          # an SPDX document
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Inventory:
    """Files of a part, by path: the hex SHA-1 of each, and the text of those that name software.

    SPDX 2.3 requires the SHA-1 of a file, section 8.4. `blob` is the hex SHA-256 of the part's
    blob, by which it is found.
    """

    blob: str
    sha1: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


class InventoryWriter:
    """Collects the inventory of a part while its files are read."""

    def __init__(self) -> None:
        self._sha1: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._left = MAX_INVENTORY_TEXTS

    def file(self, path: str, size: int) -> FileRecord:
        """Begins a file of `size` bytes."""
        has_text = size <= min(MAX_INVENTORY_TEXT, self._left) and _TEXTS.fullmatch(path)
        if has_text:
            self._left -= size
        return FileRecord(self, path, bytearray() if has_text else None)

    def close(self, blob: str) -> Inventory:
        """Returns the inventory of all files."""
        return Inventory(blob, self._sha1, self._texts)

    def add(self, path: str, sha1: str, text: str | None) -> None:
        """Adds a file. A path that occurs again replaces the earlier one, as its entry does."""
        self._sha1[path] = sha1
        if text is not None:
            self._texts[path] = text


class FileRecord:
    """Takes the content of one file."""

    def __init__(self, writer: InventoryWriter, path: str, text: bytearray | None) -> None:
        self._writer = writer
        self._path = path
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._text = text

    def update(self, chunk: bytes) -> None:
        """Adds to the content."""
        self._sha1.update(chunk)
        if self._text is not None:
            self._text += chunk

    def close(self) -> None:
        """Ends the file."""
        text = None if self._text is None else self._text.decode("utf-8", "surrogateescape")
        self._writer.add(self._path, self._sha1.hexdigest(), text)


def write_inventory(inventory: Inventory, out: IO[bytes]) -> None:
    """Writes an inventory.json."""
    out.write(
        dump_json(
            {
                "version": VERSION,
                "blob": inventory.blob,
                "sha1": dict(inventory.sha1),
                "texts": dict(inventory.texts),
            }
        )
    )


def read_inventory(path: str) -> Inventory:
    """Reads the inventory.json at `path`.

    Raises:
        ToolError: the file is not an inventory.json of a known version.
    """
    # Like part.json, it grows with the number of files.
    with open(path, "rb") as source:
        fields = parse_object(source.read(), path, any_bytes=True)
    if fields.get("version") != VERSION:
        raise ToolError(f"{path}: unknown version {fields.get('version')!r:.80} of inventory.json")
    return Inventory(
        blob=require_string(fields.get("blob"), f"{path}: blob"),
        sha1=require_string_map(fields.get("sha1"), f"{path}: sha1"),
        texts=require_string_map(fields.get("texts"), f"{path}: texts"),
    )
