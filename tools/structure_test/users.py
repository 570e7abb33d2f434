"""Resolves an image's `User` with the image's own passwd and group files.

The rules are those of container engines: names are tried before numbers, a number does not have to
be in passwd, and a user without an explicit group belongs to every group that lists it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MAX_ID = (1 << 32) - 2  # The kernel reserves the last one, -1, for "unchanged".


@dataclass(frozen=True, slots=True)
class User:
    """The user that a command runs as."""

    uid: int
    gid: int
    groups: frozenset[int]
    """The supplementary groups, and `gid`."""
    home: str
    """From passwd; `/` if the user is not in passwd or has no home there."""


class UnknownUser(Exception):
    """The image does not have the user or group."""


def find_user(wanted: str, passwd: str, group: str) -> User:
    """Resolves `name`, `uid`, `name:group` or `uid:gid`. The empty string is root.

    Args:
        wanted: as in an image's config or `docker run --user`.
        passwd: content of the image's /etc/passwd; empty if there is none.
        group: content of its /etc/group.

    Raises:
        UnknownUser: a name is not in the files, or a number is out of range.
    """
    user_name, _, group_name = wanted.partition(":")
    user_name = user_name or "0"
    account = _find_row(_rows(passwd, 7), user_name)
    if account is not None:
        name, home = account[0], account[5] or "/"
        uid, gid = _number(account[2], "user"), _number(account[3], "group")
    else:
        name, uid, gid, home = "", _unlisted(user_name, "user", "/etc/passwd"), 0, "/"
    if group_name:
        row = _find_row(_rows(group, 4), group_name)
        if row is not None:
            gid = _number(row[2], "group")
        else:
            gid = _unlisted(group_name, "group", "/etc/group")
        return User(uid, gid, frozenset([gid]), home)
    memberships = {
        _number(row[2], "group") for row in _rows(group, 4) if name and name in row[3].split(",")
    }
    return User(uid, gid, frozenset([gid, *memberships]), home)


def _rows(text: str, columns: int) -> Iterator[list[str]]:
    for line in re.finditer(r"[^\n]+", text):
        row = line[0].strip().split(":")
        # Skips comments and NIS entries such as "+::::::".
        if len(row) == columns and _is_number(row[2]) and (columns < 7 or _is_number(row[3])):
            yield row


def _find_row(rows: Iterator[list[str]], wanted: str) -> list[str] | None:
    """The first row with a name; else the first with a number."""
    by_number = None
    for row in rows:
        if row[0] == wanted:
            return row
        if by_number is None and _is_number(wanted) and _digits(row[2]) == _digits(wanted):
            by_number = row
    return by_number


def _unlisted(text: str, kind: str, file: str) -> int:
    if not _is_number(text):
        raise UnknownUser(f"{kind} {text[:80]!r} not found in the image's {file}")
    return _number(text, kind)


def _number(text: str, kind: str) -> int:
    # Python refuses to convert thousands of digits.
    if len(_digits(text)) > 10 or int(_digits(text)) > _MAX_ID:
        raise UnknownUser(f"{kind} number out of range: {text[:80]}")
    return int(_digits(text))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _digits(text: str) -> str:
    return text.lstrip("0") or "0"
