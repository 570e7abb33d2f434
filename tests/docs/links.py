"""The links of pages of Markdown."""

from __future__ import annotations

import re

_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def find_links(text: str) -> list[str]:
    """The targets of the links of a page, in order."""
    return _LINK.findall(_FENCED.sub("", text))


def find_anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = _HEADING.findall(_FENCED.sub("", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
