"""Regular expressions as Go has them (RE2), and what failures say of the text that was searched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import re2

_PREVIEW = 300  # characters of a text that an error shows

_options = re2.Options()
_options.log_errors = False


class BadPattern(Exception):
    """A regular expression that RE2 does not take; the text says why."""


def matches(pattern: str, text: str) -> bool:
    """Whether `pattern` is found anywhere in `text`.

    As in Go, `.` is no newline, and `^` and `$` are the ends of the text, without (?s) and (?m).
    """
    try:
        compiled = re2.compile(pattern, _options)
    except re2.error as error:
        reason = error.args[0] if error.args else "not understood"
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise BadPattern(f"bad regular expression {pattern!r}: {reason}") from None
    return compiled.search(text) is not None


def check(what: str, text: str, expected: Iterable[str], excluded: Iterable[str]) -> Iterator[str]:
    """Yields an error for each of `expected` that `text` lacks, and of `excluded` that it has."""
    for patterns, wanted in ((expected, True), (excluded, False)):
        for pattern in patterns:
            try:
                if matches(pattern, text) == wanted:
                    continue
            except BadPattern as error:
                yield f"{what}: {error}"
                continue
            relation = "expected a match of" if wanted else "expected no match of"
            yield f"{what}: {relation} {pattern!r}, found {preview(text)}"


def preview(text: str) -> str:
    """A text for an error: quoted, and cut in the middle when it is long."""
    if not text:
        return "nothing"
    if len(text) <= _PREVIEW:
        return repr(text)
    half = _PREVIEW // 2
    return f"{text[:half]!r} ... {text[-half:]!r} ({len(text)} characters)"
