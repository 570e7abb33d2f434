"""Go's regular expressions (RE2), and error messages about the text that was searched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import re2

_PREVIEW = 300  # characters of a text that an error shows

_options = re2.Options()
_options.log_errors = False


class BadPattern(Exception):
    """RE2 rejects a regular expression. The message says why."""


def matches(pattern: str, text: str) -> bool:
    """Whether `pattern` matches anywhere in `text`.

    As in Go, `.` does not match a newline, and `^` and `$` match only at the ends of the text,
    unless the pattern sets (?s) and (?m).
    """
    try:
        compiled = re2.compile(pattern, _options)
    except re2.error as error:
        reason = error.args[0] if error.args else "not understood"
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise BadPattern(f"invalid regular expression {pattern!r}: {reason}") from None
    return compiled.search(text) is not None


def check(what: str, text: str, expected: Iterable[str], excluded: Iterable[str]) -> Iterator[str]:
    """Yields an error for each `expected` pattern without a match and each `excluded` with one."""
    for patterns, should_match in ((expected, True), (excluded, False)):
        for pattern in patterns:
            try:
                if matches(pattern, text) == should_match:
                    continue
            except BadPattern as error:
                yield f"{what}: {error}"
                continue
            relation = "expected a match of" if should_match else "expected no match of"
            yield f"{what}: {relation} {pattern!r}, found {preview(text)}"


def preview(text: str) -> str:
    """A text for an error message: quoted, and shortened in the middle if it is long."""
    if not text:
        return "nothing"
    if len(text) <= _PREVIEW:
        return repr(text)
    half = _PREVIEW // 2
    return f"{text[:half]!r} ... {text[-half:]!r} ({len(text)} characters)"
