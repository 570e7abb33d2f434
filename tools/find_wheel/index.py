"""Reads the page of a project on a package index.

Source: the PyPA specification "Simple repository API": JSON (PEP 691) and HTML (PEP 503).
"""

from __future__ import annotations

import html.parser
import json
import re
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError

_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class IndexFile:
    """A file of a project; `sha256` is in hex."""

    filename: str
    url: str
    sha256: str


def parse_index(data: bytes, url: str) -> list[IndexFile]:
    """The files that a page lists with their sha256, in its order.

    Args:
        data: the page.
        url: where it is from. URLs of files may be relative to it.

    Raises:
        ToolError: it is not such a page.
    """
    text = data.decode("utf-8", "replace")
    found = _of_json(text, url) if text.lstrip().startswith("{") else _of_html(text)
    files = [
        IndexFile(filename, urllib.parse.urljoin(url, target), sha256)
        for filename, target, sha256 in found
        if _SHA256.fullmatch(sha256)
    ]
    if not files:
        raise ToolError(
            f"{url}: not the page of a project with files", "check the URL of the index"
        )
    return files


def _of_json(text: str, url: str) -> Iterable[tuple[str, str, str]]:
    try:
        document = json.loads(text)
        return [
            (str(each["filename"]), str(each["url"]), str(each["hashes"].get("sha256", "")))
            for each in document["files"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ToolError(f"{url}: invalid JSON of a package index") from None


def _of_html(text: str) -> Iterable[tuple[str, str, str]]:
    parser = _Links()
    parser.feed(text)
    parser.close()
    for link in parser.links:
        target, _, fragment = link.partition("#")
        filename = urllib.parse.unquote(urllib.parse.urlsplit(target).path.rpartition("/")[2])
        yield filename, target, fragment.removeprefix("sha256=")


class _Links(html.parser.HTMLParser):
    """Collects the links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links += [value for name, value in attrs if name == "href" and value]
