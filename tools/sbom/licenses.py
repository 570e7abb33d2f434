"""Reads which licenses a package declares: Debian's copyright files, and metadata of languages.

Machine-readable copyright files (copyright format 1.0) become an SPDX expression of the licenses
of all files; a license that SPDX does not list is a `LicenseRef-...` with its text. Any other
copyright file is one `LicenseRef-...` with all of its text.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Mapping

from debian.copyright import Copyright, MachineReadableFormatError, NotMachineReadableError
from license_expression import AND, ExpressionError

from tools.sbom.bom import NO_LICENSE, License
from tools.sbom.short_names import spdx_license, spdx_licensing

# It warns of each deviation from the format, which only the package's maintainer can mend.
logging.getLogger("debian.copyright").setLevel(logging.CRITICAL)

_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


def debian_license(text: str) -> License:
    """Reads a copyright file of Debian."""
    try:
        document = Copyright(text.splitlines(), strict=False)
    except (NotMachineReadableError, MachineReadableFormatError, ValueError):
        return _text_license("copyright", text)
    texts: dict[str, str] = {}
    synopses: set[str] = set()
    for paragraph in document.all_paragraphs():
        found = getattr(paragraph, "license", None)
        if found is None:
            continue
        if hasattr(paragraph, "files") and found.synopsis:
            synopses.add(found.synopsis)
        if found.text.strip():
            texts.setdefault(_key(found.synopsis), found.text)
    if not synopses:
        return _text_license("copyright", text)
    references: dict[str, str] = {}
    expressions = [_expression(synopsis, texts, references) for synopsis in sorted(synopses)]
    return License(_join(expressions), references)


def declared_license(text: str) -> License:
    """Reads the license that a wheel or a package of npm declares; another text than an SPDX
    expression becomes a reference."""
    text = text.strip()
    if not text or text.upper() in ("UNKNOWN", "UNLICENSED"):
        return NO_LICENSE
    try:
        expression = spdx_licensing().parse(text, validate=True, strict=True)
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
    text = texts.get(_key(name), name)
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
    licensing = spdx_licensing()
    joined = licensing.parse(" AND ".join(f"({each})" for each in expressions))
    return str(licensing.dedup(joined.flatten() if isinstance(joined, AND) else joined))


def _key(name: str) -> str:
    return " ".join(name.split()).lower()
