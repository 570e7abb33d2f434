"""What a check has to say, one line each."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One fault of an image.

    `check` is the name of the check, `path` where the fault is, `subject` what it is about where a
    path can have several (the name of a library), `owner` who brings the path, `fault` what is
    wrong, as the end of a sentence that starts with path and owner, and `hint` what to do.
    """

    check: str
    path: str
    subject: str
    owner: str
    fault: str
    hint: str
