"""The header WWW-Authenticate (RFC 9110, 11.6.1) with the schemes of registries.

Source of the scheme Bearer: distribution's documentation, "Token Authentication Specification".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PARAMETER = re.compile(r'\s*,?\s*([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')
_SCHEME = re.compile(r"\s*,?\s*([A-Za-z]+)(?=\s|$)(?!\s*=)")


@dataclass(frozen=True, slots=True)
class Basic:
    """The registry wants a user and a password."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """The registry wants a token of the server at `realm`."""

    realm: str
    service: str
    scopes: tuple[str, ...]


Challenge = Basic | Bearer


def parse_challenge(header: str) -> Challenge | None:
    """The first challenge of a known scheme, Bearer before Basic; None if there is none."""
    challenges = [_read(scheme, values) for scheme, values in _split(header)]
    known = [each for each in challenges if each]
    return min(known, key=lambda each: isinstance(each, Basic), default=None)


def _read(scheme: str, values: dict[str, str]) -> Challenge | None:
    if scheme == "basic":
        return Basic()
    if scheme == "bearer" and values.get("realm"):
        scopes = tuple(values.get("scope", "").split())
        return Bearer(values["realm"], values.get("service", ""), scopes)
    return None


def _split(header: str) -> Sequence[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    at = 0
    while match := _SCHEME.match(header, at):
        at = match.end()
        values: dict[str, str] = {}
        while parameter := _PARAMETER.match(header, at):
            name, quoted, plain = parameter.groups()
            values[name.lower()] = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            at = parameter.end()
        found.append((match[1].lower(), values))
    return found
