"""Patterns of paths, as BUILD files have them.

A pattern is a path below the root. `*` and `?` match within a name; `**`, as a name of its own,
matches any number of directories. A pattern applies to what it matches and everything below.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tools.lib.cli.errors import ToolError


def compile_patterns(patterns: Iterable[str], attributes: str) -> re.Pattern[str]:
    """Returns an expression that matches, at its start, a path that one of the patterns applies to.

    Args:
        patterns: the patterns; none matches nothing.
        attributes: where they come from, for errors.

    Raises:
        ToolError: a pattern is malformed.
    """
    regexes = (_pattern_regex(pattern, attributes) for pattern in patterns)
    return re.compile("|".join(regexes) or "(?!)", re.DOTALL)


# Every star is matched to the first place that fits, in an atomic group: what follows it cannot
# fit better after a later place, so there is no need to backtrack, and a pattern with many stars
# takes no longer than one with few.


def _pattern_regex(pattern: str, attributes: str) -> str:
    """A regular expression that matches, at the start of a path, what the pattern applies to."""
    names = [name for name in pattern.split("/") if name]
    if not names:
        raise ToolError(f"empty pattern in {attributes}")
    groups: list[list[str]] = [[]]
    for name in names:
        if name == "**":
            if len(groups) == 1 or groups[-1]:
                groups.append([])
        elif "**" in name:
            raise ToolError(
                f"invalid pattern {pattern!r:.200}: `**` must be a name of its own",
                "write * for any characters of a name, /**/ for any directories",
            )
        else:
            groups[-1].append(name)
    first, *others = groups
    regex = _names_regex(first)
    for number, group in enumerate(others):
        slash = "/" if first or number else ""
        if group:
            regex += f"(?>{slash}(?:[^/]*/)*?{_names_regex(group)})"
        else:
            regex += f"{slash}(?=.)"
    return regex


def _names_regex(names: Sequence[str]) -> str:
    return "/".join(map(_name_regex, names))


def _name_regex(name: str) -> str:
    first, *others = (
        "".join("[^/]" if char == "?" else re.escape(char) for char in chunk)
        for chunk in name.split("*")
    )
    regex = first + "".join(f"(?>[^/]*?{chunk})" for chunk in others[:-1])
    if others:
        regex += f"[^/]*{others[-1]}"
    return rf"(?>{regex}(?=/|\Z))"
