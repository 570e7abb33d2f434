"""Decides which paths of a package go into its part.

A pattern is a path below the root. `*` and `?` match within a name; `**`, as a name of its own,
matches any number of directories. A pattern applies to what it matches and everything below.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from tools.lib.archive.tar_entry import TarEntry
from tools.lib.cli.errors import ToolError

DEFAULT_EXCLUDES = (
    # Documentation, a tenth of the bytes of Debian's packages.
    "usr/share/doc",
    "usr/share/doc-base",
    "usr/share/gtk-doc",
    "usr/share/help",
    "usr/share/info",
    "usr/share/man",
    "usr/lib/jvm/*/man",
    # Messages of programs in other languages. The C library's locales are in usr/lib/locale.
    "usr/share/locale/*/LC_*",
    # For reporting bugs and checking packages.
    "usr/share/bug",
    "usr/share/lintian",
)

ALWAYS_KEPT = (
    # Licenses require that they accompany the program, and scanners read them.
    "usr/share/doc/*/copyright",
    "usr/share/doc/*/NOTICE*",
)

_DOCUMENTATION = "usr/share/doc"


class PathFilter:
    """Keeps everything except what a pattern excludes; what another one includes stays.

    Args:
        exclude: patterns of paths to leave out.
        include: patterns of paths to keep even though they are excluded.
        default_excludes: whether to leave out DEFAULT_EXCLUDES too, except symlinks to the
            documentation of other packages.
        optional_exclude: like `exclude`, for patterns that need not match anything.

    Raises:
        ToolError: a pattern is malformed.
    """

    def __init__(
        self,
        exclude: Sequence[str],
        include: Iterable[str],
        default_excludes: bool = True,
        optional_exclude: Iterable[str] = (),
    ) -> None:
        self._exclude = exclude
        self._excluded = _compile([*exclude, *optional_exclude])
        self._excluded_by_default = _compile(DEFAULT_EXCLUDES if default_excludes else ())
        self._included = _compile([*include, *ALWAYS_KEPT])

    def keeps(self, entry: TarEntry) -> bool:
        """Whether the entry goes into the part."""
        excluded = self._excluded.match(entry.path) or (
            self._excluded_by_default.match(entry.path) and not _is_documentation_link(entry)
        )
        return not excluded or self._included.match(entry.path) is not None

    def check_excludes(self, paths: Collection[str]) -> None:
        """Checks that each pattern of `exclude` matches a path: a typo would go unnoticed.

        Raises:
            ToolError: a pattern matches nothing.
        """
        for pattern in self._exclude:
            regex = _compile([pattern])
            if not any(map(regex.match, paths)):
                raise ToolError(
                    f"exclude: {pattern!r:.200} matches no path of the package",
                    "correct or remove it; the patterns of apt.install need not match",
                )


def _is_documentation_link(entry: TarEntry) -> bool:
    """Whether the entry makes another package's documentation directory, and so its copyright
    file, that of the package."""
    return entry.type == "symlink" and entry.path.rpartition("/")[0] == _DOCUMENTATION


def _compile(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_pattern_regex, patterns)) or "(?!)", re.DOTALL)


# Every star is matched to the first place that fits, in an atomic group: what follows it cannot
# fit better after a later place, so there is no need to backtrack, and a pattern with many stars
# takes no longer than one with few.


def _pattern_regex(pattern: str) -> str:
    """A regular expression that matches, at the start of a path, what the pattern applies to."""
    names = [name for name in pattern.split("/") if name]
    if not names:
        raise ToolError("empty pattern in exclude or include")
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
