"""Decides which paths of a package go into its part.

tools/lib/archive/path_patterns.py describes the patterns.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from tools.lib.archive.path_patterns import compile_patterns
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


def _compile(patterns: Iterable[str]) -> re.Pattern[str]:
    return compile_patterns(patterns, "exclude or include")


# Compiled once for all packages of a worker.
_DEFAULT_EXCLUDES = _compile(DEFAULT_EXCLUDES)
_ALWAYS_KEPT = _compile(ALWAYS_KEPT)
_NOTHING = _compile(())


class PathFilter:
    """Keeps everything except what a pattern excludes; what another one includes stays.

    Args:
        exclude: patterns of paths to leave out.
        include: patterns of paths to keep even though they are excluded.
        default_excludes: whether to leave out DEFAULT_EXCLUDES too, except symlinks to the
            documentation of other packages.
        optional_exclude: like `exclude`, for patterns that need not match anything.
        required_include: like `include`, for patterns that must match something.

    Raises:
        ToolError: a pattern is malformed.
    """

    def __init__(
        self,
        exclude: Sequence[str],
        include: Iterable[str],
        default_excludes: bool = True,
        optional_exclude: Iterable[str] = (),
        required_include: Sequence[str] = (),
    ) -> None:
        self._exclude = exclude
        self._excluded = _compile([*exclude, *optional_exclude])
        self._excluded_by_default = _DEFAULT_EXCLUDES if default_excludes else _NOTHING
        self._included = _compile([*include, *required_include])
        self._required_include = required_include
        self._required = _compile(required_include)

    def keeps(self, entry: TarEntry) -> bool:
        """Whether the entry goes into the part."""
        excluded = self._excluded.match(entry.path) or (
            self._excluded_by_default.match(entry.path) and not _is_documentation_link(entry)
        )
        return (
            not excluded
            or _ALWAYS_KEPT.match(entry.path) is not None
            or self._included.match(entry.path) is not None
        )

    def keeps_target(self, path: str) -> bool:
        """Whether the target of a kept symlink at `path` is kept too: the files of a locale, and
        copyright files, may be links to others that are excluded."""
        return path.startswith(f"{_DOCUMENTATION}/") or self._required.match(path) is not None

    def check_matches(self, paths: Collection[str]) -> None:
        """Checks that each pattern that must match a path does: a typo would go unnoticed.

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
        for pattern in self._required_include:
            if not any(map(_compile([pattern]).match, paths)):
                raise ToolError(
                    f"the package has no {pattern}", "correct it, or use another package"
                )


def _is_documentation_link(entry: TarEntry) -> bool:
    """Whether the entry makes another package's documentation directory, and so its copyright
    file, that of the package."""
    return entry.type == "symlink" and entry.path.rpartition("/")[0] == _DOCUMENTATION
