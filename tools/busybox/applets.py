"""Finds the applets of a busybox in its binary.

busybox finds an applet by its name in the table `applet_names` (include/applet_tables.h, which its
build generates): the names in the order of their bytes, each ending in NUL, and one more NUL. The
table starts with `[` and `[[` in every busybox that has a shell.

The table is read rather than `busybox --list` run, because a build does not run programs of
packages, and those of other architectures it could not. A list in this repository would have to
follow every version of the package and every architecture. A table of another form is an error, and
a structure test of the debug images compares the links with `busybox --list`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.lib.cli.errors import ToolError

_START = b"[\0[[\0"
_NAME = re.compile(rb"[A-Za-z0-9_.+\[-]{1,32}")
# Without these it is other data that starts alike, or not of use for debugging.
_EXPECTED = {"cat", "ls", "sh"}
# Bytes; busybox has some 400 applets.
_MAX_TABLE = 16 << 10


def find_applets(binary: bytes) -> list[str]:
    """Returns the names of the applets, in the table's order.

    Raises:
        ToolError: the binary has no such table, or several.
    """
    found = [names for names in _find_tables(binary) if _EXPECTED.issubset(names)]
    if len(found) != 1:
        raise ToolError(
            "several tables of applets" if found else "no table of applets",
            "set `deb` to Debian's package busybox-static, of Debian 12 or 13",
        )
    return found[0]


def _find_tables(binary: bytes) -> Iterator[list[str]]:
    """Whatever looks like the table by its start, its order and its end."""
    start = binary.find(_START)
    while start >= 0:
        table, end, _ = binary[start : start + _MAX_TABLE].partition(b"\0\0")
        names = table.split(b"\0")
        if end and names == sorted(set(names)) and all(map(_NAME.fullmatch, names)):
            yield [name.decode() for name in names]
        start = binary.find(_START, start + 1)
