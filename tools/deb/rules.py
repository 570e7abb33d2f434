"""What of a package goes into a layer.

A pattern is a path below the root: `*` and `?` match within a name, `**` any number of directories.
It stands for what it matches and for all that is below it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from tools.lib.archive.tar_entry import Entry

EXCLUDED_BY_DEFAULT = (
    # Nobody reads documentation in a container; in Debian's packages it is a tenth of the bytes.
    "usr/share/doc",
    "usr/share/doc-base",
    "usr/share/gtk-doc",
    "usr/share/help",
    "usr/share/info",
    "usr/share/man",
    "usr/lib/jvm/*/man",
    # Messages of programs in other languages. The C library's own locales are elsewhere, and stay.
    "usr/share/locale/*/LC_*",
    # For those who check packages and who report bugs.
    "usr/share/bug",
    "usr/share/lintian",
)

ALWAYS_KEPT = (
    # Licences ask that they go with the program; scanners read them too.
    "usr/share/doc/*/copyright",
    "usr/share/doc/*/NOTICE*",
)

_DOCUMENTATION = "usr/share/doc"

Keep = Callable[[Entry], bool]


def keeper(exclude: Iterable[str], include: Iterable[str], default: bool = True) -> Keep:
    """A function that tells whether an entry is kept.

    Args:
        exclude: patterns of what to leave out.
        include: patterns of what to keep all the same.
        default: whether EXCLUDED_BY_DEFAULT holds besides `exclude`.
    """
    excluded = _matcher([*exclude, *(EXCLUDED_BY_DEFAULT if default else ())])
    included = _matcher([*include, *ALWAYS_KEPT])

    def keep(entry: Entry) -> bool:
        path = entry.path
        if not excluded(path) or included(path):
            return True
        # A package may have another one's documentation, and so its copyright file, by a link.
        return entry.type == "symlink" and path.rpartition("/")[0] == _DOCUMENTATION

    return keep


def _matcher(patterns: Iterable[str]) -> Callable[[str], re.Match[str] | None]:
    alternatives = "|".join(_regex(pattern.strip("/")) for pattern in patterns)
    return re.compile(f"(?:{alternatives or '(?!)'})(?:/.*)?", re.DOTALL).fullmatch


def _regex(pattern: str) -> str:
    return re.sub(r"\\\*\\\*/|\\\*\\\*|\\\*|\\\?|\\?.", _translate, re.escape(pattern), flags=re.S)


def _translate(token: re.Match[str]) -> str:
    text = token.group()
    return {r"\*\*/": "(?:.*/)?", r"\*\*": ".*", r"\*": "[^/]*", r"\?": "[^/]"}.get(text, text)
