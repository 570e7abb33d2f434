"""Times as image configs write them: RFC 3339, such as 2025-01-31T12:00:00Z."""

from __future__ import annotations

import re
import time

from tools.lib.cli.errors import ToolError


def parse_time(text: str, where: str) -> float:
    """The seconds since 1970 of a time; `where` names it in errors."""
    from datetime import datetime  # takes as long to import as all else here

    full = r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)"
    try:
        if not re.fullmatch(full, text, re.ASCII):
            raise ValueError
        return datetime.fromisoformat(text.upper()).timestamp()
    except ValueError:
        raise ToolError(
            f"{where}: invalid time {text!r:.80}", "RFC 3339, such as 2025-01-31T12:00:00Z"
        ) from None


def format_time(seconds: int) -> str:
    """A time in seconds since 1970, in UTC."""
    year, month, day, hour, minute, second, *_ = time.gmtime(seconds)
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
