"""Appends entries to an image's /etc/passwd or /etc/group: passwd(5), group(5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tools.lib.cli.errors import ToolError

AccountKind = Literal["passwd", "group"]

_ID = {"passwd": "uid", "group": "gid"}
_NAME = {"passwd": "user", "group": "group"}


def append_entries(base: str, entries: Sequence[str], kind: AccountKind, where: str) -> str:
    """Returns the content of a file with further entries after the base's.

    Args:
        base: the content of the base's file.
        entries: lines to append, without line feeds. Their names differ from each other.
        kind: which file it is.
        where: names the target and the file in errors.

    Raises:
        ToolError: the base has an entry of the same name or id.
    """
    names: set[str] = set()
    owners: dict[str, str] = {}  # the first name of each id
    for line in base.split("\n"):
        fields = line.split(":")
        if len(fields) > 2:
            names.add(fields[0])
            owners.setdefault(fields[2].lstrip("0") or "0", fields[0])
    noun, id_field = _NAME[kind], _ID[kind]
    for entry in entries:
        name, _, number = entry.split(":")[:3]
        if name in names:
            raise ToolError(
                f"{where}: {noun} {name!r:.80} is already in the base image",
                "remove it from `entries`, or use another name",
            )
        if number in owners:
            raise ToolError(
                f"{where}: {id_field} {number} of {name} is the {id_field} of "
                f"{owners[number]} in the base image",
                f"use another {id_field}",
            )
    if base and not base.endswith("\n"):
        base += "\n"
    return base + "".join(f"{entry}\n" for entry in entries)
