"""The links between the pages of the documentation lead somewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.docs.links import find_anchors, find_links

PAGES = {os.path.normpath(path): Path(path).read_text() for path in os.environ["PAGES"].split()}
LINKS = [
    (page, path, anchor)
    for page, text in PAGES.items()
    for path, _, anchor in (link.partition("#") for link in find_links(text))
    if ("://" not in path and path.endswith(".md")) or not path
]


def test_find_links_and_anchors() -> None:
    text = "# `A` b_c: d\n\n[x](y.md#z)\n```\n# no\n[no](no.md)\n```\n[e](#f)\n"
    assert find_links(text) == ["y.md#z", "#f"]
    assert find_anchors(text) == {"a-b_c-d"}


@pytest.mark.parametrize(("page", "path", "anchor"), LINKS)
def test_a_link_leads_to_a_page(page: str, path: str, anchor: str) -> None:
    target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
    assert target in PAGES
    assert not anchor or anchor in find_anchors(PAGES[target])
