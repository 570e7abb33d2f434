"""Values of Bazel's workspace status in names and tags: `{STABLE_GIT_COMMIT}`.

A status file has a key and a value in each line, with a blank between them. Source: Bazel's user
manual, --workspace_status_command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tools.lib.cli.errors import ToolError

_KEY = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def read_status_files(paths: Iterable[str]) -> dict[str, str]:
    """The values of status files by key."""
    values = {}
    for path in paths:
        with open(path, encoding="utf-8") as source:
            for line in source:
                key, _, value = line.rstrip("\n").partition(" ")
                values[key] = value
    return values


def expand_stamp(text: str, values: Mapping[str, str]) -> str:
    """Replaces `{KEY}` by the value of the key.

    Args:
        text: a name or a tag.
        values: of the status files; empty if the build is not stamped.

    Raises:
        ToolError: a key has no value.
    """

    def value(match: re.Match[str]) -> str:
        key = match[1]
        if not values:
            raise ToolError(
                f"{text!r:.200}: {{{key}}} needs a stamped build",
                "set `stamp = 1`, or build with --stamp",
            )
        if key not in values:
            raise ToolError(
                f"{text!r:.200}: the workspace status has no {key}",
                "the program of --workspace_status_command prints it",
            )
        return values[key]

    return _KEY.sub(value, text)
