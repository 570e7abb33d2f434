"""The control files of a package, such as control and postinst. Source: deb(5)."""

from __future__ import annotations

import os
from typing import IO

from tools.lib.cli.errors import ToolError
from tools.lib.debian import deb


def read_control_files(source: IO[bytes]) -> dict[str, bytes]:
    """The control files of a .deb by name, sorted.

    Raises:
        ToolError: the file is not a .deb, or is damaged.
    """
    end = os.fstat(source.fileno()).st_size
    deb.read_deb(source, end)
    member = deb.control_member(source, end)
    files = deb.read_control_files(source, member)
    for path in files:
        if "/" in path:
            raise ToolError(f"{member.name}: {path}: control files are not in directories")
    return dict(sorted(files.items()))
