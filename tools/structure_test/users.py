"""Who a command runs as: the image's `User` looked up in the image's own passwd and group.

The rules are those that container engines share: a name goes before a number, a number need not be
in passwd, and a user without a named group is in all groups that list it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_MAX_ID = (1 << 32) - 2  # The last one, -1, means "unchanged" to the kernel.


class User(NamedTuple):
    """Who a command is; `home` is passwd's, `/` where it says none."""

    uid: int
    gid: int
    groups: frozenset[int]
    """The supplementary ones, and `gid`."""
    home: str


class UnknownUser(Exception):
    """A user or group that the image does not have."""


def find_user(wanted: str, passwd: str, group: str) -> User:
    """Resolves `name`, `uid`, `name:group` or `uid:gid`; empty is root.

    Args:
        wanted: as an image's config or `docker run --user` has it.
        passwd: the text of the image's /etc/passwd, empty where there is none.
        group: the text of its /etc/group.

    Raises:
        UnknownUser: a name that is not there, or a number that is none.
    """
    user_name, _, group_name = wanted.partition(":")
    user_name = user_name or "0"
    accounts = list(_rows(passwd, 7))
    account = _row(accounts, user_name)
    if account is not None:
        name, uid, gid, home = account[0], int(account[2]), int(account[3] or 0), account[5] or "/"
    else:
        name, uid, gid, home = "", _number(user_name, "user", "/etc/passwd"), 0, "/"
    groups = list(_rows(group, 4))
    if group_name:
        row = _row(groups, group_name)
        gid = int(row[2]) if row is not None else _number(group_name, "group", "/etc/group")
        return User(uid, gid, frozenset([gid]), home)
    listed = [int(row[2]) for row in groups if name and name in row[3].split(",")]
    return User(uid, gid, frozenset([gid, *listed]), home)


def _rows(text: str, columns: int) -> Iterator[list[str]]:
    for line in text.splitlines():
        row = line.strip().split(":")
        # Other lines are comments, or left over from NIS; nobody can be them.
        if len(row) == columns and row[2].isdecimal() and (columns < 7 or row[3].isdecimal()):
            yield row


def _row(rows: list[list[str]], wanted: str) -> list[str] | None:
    by_name = (row for row in rows if row[0] == wanted)
    by_number = (row for row in rows if wanted.isdecimal() and int(row[2]) == int(wanted))
    return next(by_name, None) or next(by_number, None)


def _number(text: str, kind: str, file: str) -> int:
    if not text.isdecimal():
        raise UnknownUser(f"the {kind} {text!r} is not in the image's {file}")
    if int(text) > _MAX_ID:
        raise UnknownUser(f"{text} is not the number of a {kind}")
    return int(text)
