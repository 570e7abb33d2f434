"""The programs that a busybox stands for, told from its bytes.

busybox finds a program by its name in a table of its own, `applet_names` (include/applet_tables.h,
which its build generates): names in the order of their bytes, a NUL after each, one more at the
end. It begins with `[` and `[[` wherever busybox has a shell. The table is read here, for nothing
of a package is run by a build. A list in this repository would have to be kept up with every
version of both releases, and with what an architecture may lack; the table is the binary's own.
Where it is not as said, that is an error; and a structure test of the debug images holds, on every
architecture, that the links are what `busybox --list` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.lib.cli.errors import ToolError

_START = b"[\0[[\0"
_NAME = re.compile(rb"[A-Za-z0-9_.+\[-]{1,32}")
# Less than these is no debugging shell, and more likely other data that begins alike.
_EXPECTED = {"cat", "ls", "sh"}
# busybox has some 400.
_MOST = 16 << 10


def applets(binary: bytes) -> list[str]:
    """The names, in the table's order.

    Raises:
        ToolError: there is no such table, or more than one.
    """
    found = [names for names in _tables(binary) if _EXPECTED.issubset(names)]
    if len(found) != 1:
        raise ToolError(
            f"it has {len(found) or 'no'} tables of busybox's programs",
            "it is another program, or this version of busybox has them in another form",
        )
    return found[0]


def _tables(binary: bytes) -> Iterator[list[str]]:
    """What looks like the table, by its beginning, its order and its end."""
    start = binary.find(_START)
    while start >= 0:
        table, end, _ = binary[start : start + _MOST].partition(b"\0\0")
        names = table.split(b"\0")
        if end and names == sorted(set(names)) and all(map(_NAME.fullmatch, names)):
            yield [name.decode() for name in names]
        start = binary.find(_START, start + 1)
