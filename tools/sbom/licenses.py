"""Reads which licenses a package declares: Debian's copyright files, and metadata of languages.

Machine-readable copyright files (copyright format 1.0) become an SPDX expression of the licenses
of all files; a license that SPDX does not list is a `LicenseRef-...` with its text. Any other
copyright file is one `LicenseRef-...` with all of its text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from license_expression import AND, ExpressionError

from tools.sbom.bom import NO_LICENSE, License
from tools.sbom.short_names import SPDX_LICENSING, spdx_license

_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


def debian_license(text: str) -> License:
    """Reads a copyright file of Debian."""
    paragraphs = _paragraphs(text)
    if not paragraphs or not {"format", "format-specification"} & paragraphs[0].keys():
        return _text_license("copyright", text)
    texts: dict[str, str] = {}
    synopses: set[str] = set()
    for paragraph in paragraphs:
        if "license" not in paragraph:
            continue
        first, *lines = paragraph["license"]
        synopsis = " ".join(first.split())
        if "files" in paragraph and synopsis:
            synopses.add(synopsis)
        terms = "\n".join("" if line == "." else line for line in lines)
        if terms.strip():
            texts.setdefault(synopsis.lower(), terms)
    if not synopses:
        return _text_license("copyright", text)
    references: dict[str, str] = {}
    expressions = [_expression(synopsis, texts, references) for synopsis in sorted(synopses)]
    return License(_join(expressions), references)


def _paragraphs(text: str) -> list[dict[str, list[str]]]:
    """The paragraphs of a file; none if it is malformed.

    Each has the lines of its fields, by name in lower case: the first without white space at its
    ends, the others without the space or tab that continues a field. python-debian's parser of
    copyright files keeps white space and comments, to write the file again; that takes longer than
    the rest of an SBOM.
    """
    paragraphs: list[dict[str, list[str]]] = []
    fields: dict[str, list[str]] = {}
    value: list[str] | None = None
    for line in text.split("\n"):
        line = line.removesuffix("\r")
        if not line.strip(" \t"):
            fields, value = {}, None
        elif line[0] in " \t":
            if value is None:
                return []
            value.append(line[1:])
        elif line[0] != "#":
            name, colon, first = line.partition(":")
            name = name.lower()
            # Of two licenses, which one counts? A second comment does no harm.
            if not colon or name.split() != [name] or (name == "license" and name in fields):
                return []
            if not fields:
                paragraphs.append(fields)
            value = fields[name] = [first.strip()]
    return paragraphs


def declared_license(text: str) -> License:
    """Reads the license that a wheel or a package of npm declares; another text than an SPDX
    expression becomes a reference."""
    text = text.strip()
    if not text or text.upper() in ("UNKNOWN", "UNLICENSED"):
        return NO_LICENSE
    try:
        expression = SPDX_LICENSING.parse(text, validate=True, strict=True)
    except (ExpressionError, ValueError, AttributeError):
        expression = None
    if expression is None or "LicenseRef-" in str(expression):
        return _text_license("declared", text)
    return License(str(expression))


def _expression(synopsis: str, texts: Mapping[str, str], references: dict[str, str]) -> str:
    """The SPDX expression of a synopsis: `and` binds closer than `or`, and a comma before one of
    them less than both (copyright format 1.0, section 7.2)."""
    groups = re.split(r",\s*and\s+", synopsis, flags=re.IGNORECASE)
    return " AND ".join(f"({_alternatives(group, texts, references)})" for group in groups)


def _alternatives(text: str, texts: Mapping[str, str], references: dict[str, str]) -> str:
    alternatives = []
    for choice in re.split(r",?\s+or\s+", text, flags=re.IGNORECASE):
        names = re.split(r"\s+and\s+", choice, flags=re.IGNORECASE)
        terms = [spdx_license(name) or _reference(name, texts, references) for name in names]
        alternatives.append(" AND ".join(terms))
    return " OR ".join(f"({each})" for each in alternatives)


def _reference(name: str, texts: Mapping[str, str], references: dict[str, str]) -> str:
    # A name without a text is all that the copyright file says.
    text = texts.get(name.lower(), name)
    reference = _reference_name(name, text)
    references[reference] = text
    return reference


def _text_license(name: str, text: str) -> License:
    reference = _reference_name(name, text)
    return License(reference, {reference: text})


def _reference_name(name: str, text: str) -> str:
    """Names a text by its content, so that packages with the same text share it."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
    return f"LicenseRef-{_UNSAFE.sub('-', name)[:60].strip('-.') or 'license'}-{digest[:8]}"


def _join(expressions: Iterable[str]) -> str:
    joined = SPDX_LICENSING.parse(" AND ".join(f"({each})" for each in expressions))
    return str(SPDX_LICENSING.dedup(joined.flatten() if isinstance(joined, AND) else joined))
