"""Reads deb822 paragraphs: the format of control files, package indexes and Release files.

A paragraph is returned as a dict from field names, in lower case because names are
case-insensitive, to values. A value has no white space at either end. The lines of a folded or
multiline field are stripped one by one and joined by line feeds; the first of them is empty where
nothing follows the colon:

    Depends: libc6,        {"depends": "libc6,\nlibssl3",
     libssl3
    SHA256:                 "sha256": "\n0123... 13 main/binary-amd64/Packages"}
     0123... 13 main/binary-amd64/Packages

Both functions take linear time, accept CRLF line ends, and raise a ToolError for what dpkg and apt
refuse or read differently: a line without a colon, an invalid field name, a duplicate field, a
comment, a line of white space only. The caller decodes the bytes and checks the values.

Source of the format: deb822(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tools.lib.cli.errors import ToolError

MAX_PARAGRAPH = 4 << 20
"""Characters. Debian's largest package paragraph has 80,000, its largest Release file 300,000."""
MAX_FIELDS = 1000

# ASCII without control characters, space and colon; "-" would end a signed message.
_NAME = re.compile(r"[!-,.-9;-~][!-9;-~]*")


def parse_paragraph(text: str, where: str) -> dict[str, str]:
    """Reads a text that consists of one paragraph, such as a control file.

    Args:
        text: the paragraph; empty lines before and after it are ignored.
        where: the file's name, for errors.

    Raises:
        ToolError: the text is malformed, or has no paragraph or several.
    """
    found = list(paragraphs(text.split("\n"), where, most=1))
    if not found:
        raise ToolError(f"{where}: empty")
    return found[0]


def paragraphs(
    lines: Iterable[str], where: str, most: int | None = None
) -> Iterator[dict[str, str]]:
    """Reads the paragraphs of a text, such as a package index, one at a time.

    Args:
        lines: the lines of the text, with or without their line ends.
        where: the file's name, for errors, which add the number of the line.
        most: how many paragraphs the text may have; None for any number.

    Raises:
        ToolError: the text is malformed.
    """
    read = 0
    paragraph = _Paragraph()
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\r\n")
        if line:
            if not paragraph.fields and read == most:
                raise ToolError(f"{where}:{number}: more than one paragraph")
            try:
                paragraph.add(line)
            except ValueError as error:
                raise ToolError(f"{where}:{number}: {error}") from None
        elif paragraph.fields:
            read += 1
            yield paragraph.values()
            paragraph = _Paragraph()
    if paragraph.fields:
        yield paragraph.values()


class _Paragraph:
    """Collects the lines of a paragraph; `add` raises a ValueError for a malformed one."""

    def __init__(self) -> None:
        self.fields: dict[str, list[str]] = {}
        self._last: list[str] = []
        self._size = 0

    def add(self, line: str) -> None:
        self._size += len(line)
        if self._size > MAX_PARAGRAPH:
            raise ValueError(f"a paragraph of more than {MAX_PARAGRAPH} characters")
        if line[0] in " \t":
            if not self.fields:
                raise ValueError("a continuation line before the first field")
            if line.isspace():
                raise ValueError("a line of white space only")
            self._last.append(line.strip())
            return
        if line[0] == "#":
            raise ValueError("a comment, which only source packages may have")
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(f"missing colon in {line!r:.80}")
        if not _NAME.fullmatch(name):
            raise ValueError(f"invalid field name {name!r:.80}")
        if name.lower() in self.fields:
            raise ValueError(f"duplicate field {name!r:.80}")
        if len(self.fields) == MAX_FIELDS:
            raise ValueError(f"more than {MAX_FIELDS} fields")
        self._last = self.fields[name.lower()] = [value.strip()]

    def values(self) -> dict[str, str]:
        return {name: "\n".join(lines) for name, lines in self.fields.items()}
