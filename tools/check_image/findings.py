"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault of an image.

    `check` is the name of the check, `path` where the fault is (no leading slash; empty if it is no
    path's), `subject` tells several faults of one path apart (the name of a library), `owner` is
    the part that has the path, `fault` what is wrong and `hint` what to do.
    """

    check: str
    path: str = ""
    subject: str = ""
    owner: str
    fault: str
    hint: str
