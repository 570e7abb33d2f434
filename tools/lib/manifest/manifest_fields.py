"""Fields of manifests: names, URLs and fingerprints. Errors name the field."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tools.lib.cli.errors import ToolError
from tools.lib.data.yaml_fields import Field
from tools.lib.debian.urls import parse_url

HINT = "see docs/lock.md"
NAME = re.compile(r"[a-z0-9][a-z0-9_.+-]*")
_FINGERPRINT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def fields_by_name(field: Field, values: str) -> dict[str, Field]:
    """The fields of a mapping with keys of its author's choice."""
    if not isinstance(field.value, dict) or not all(isinstance(key, str) for key in field.value):
        raise field.expected(f"a mapping from names to {values}")
    return field.mapping(*field.value)


def required(parent: Field, fields: Mapping[str, Field], name: str) -> Field:
    """A field of a mapping; a ToolError if it is missing."""
    if name not in fields:
        raise ToolError(f"{parent.where}: missing `{name}`", HINT)
    return fields[name]


def subset(fields: Mapping[str, Field], architectures: tuple[str, ...]) -> tuple[str, ...]:
    """The field `architectures`: some of those of the manifest; by default all."""
    if "architectures" not in fields:
        return architectures
    chosen = unique_names(fields["architectures"])
    unknown = [name for name in chosen if name not in architectures]
    if unknown:
        raise ToolError(
            f"{fields['architectures'].where}: unknown architecture {unknown[0]!r}",
            f"must be one of {', '.join(architectures)}",
        )
    return chosen


def unique_names(field: Field) -> tuple[str, ...]:
    """A list of names, at least one, each once."""
    names = field.each(name_of)
    if not names:
        raise field.expected("at least one name")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ToolError(f"{field.where}: duplicate entry {twice!r}")
    return names


def name_of(field: Field) -> str:
    """A name of an archive, a set or an architecture."""
    if not NAME.fullmatch(field.nonempty_string()):
        raise ToolError(
            f"{field.where}: invalid name {field.value!r:.80}", "use a-z, 0-9 and _ . + -"
        )
    return field.string()


def url_of(field: Field) -> str:
    """A URL without a password."""
    text = field.nonempty_string()
    try:
        url = parse_url(text)
    except ValueError as error:
        # The text is not shown: it may contain a password.
        raise ToolError(f"{field.where}: {error}") from None
    if url.userinfo:
        raise ToolError(
            f"{field.where}: a user or password in a URL",
            "put it in ~/.netrc: a manifest and its lock are for others to read",
        )
    if "?" in text or "#" in text:
        raise ToolError(f"{field.where}: a query or fragment in a URL")
    return str(url)


def fingerprint_of(field: Field) -> str:
    """The fingerprint of a key, in lower-case digits without spaces."""
    text = field.nonempty_string().replace(" ", "").lower()
    if not _FINGERPRINT.fullmatch(text):
        raise field.expected("the fingerprint of a primary key, 40 or 64 hexadecimal digits")
    return text
