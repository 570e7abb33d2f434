"""Chooses among the alternatives of an image's packages, as update-alternatives(1) does."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping, Sequence

from tools.lib.cli.errors import ToolError
from tools.lib.debian.alternatives import Alternative, AlternativeLink
from tools.lib.part.part import Part
from tools.lib.rootfs.image import ImageView

DIRECTORY = "etc/alternatives"


def read_choices(
    parts: Iterable[Part], ignored: Collection[str], label: str
) -> dict[str, list[Alternative]]:
    """Returns the alternatives of packages by the name of their link.

    Raises:
        ToolError: a maintainer script has a command that was not understood.
    """
    choices: dict[str, list[Alternative]] = {}
    for part in parts:
        if part.package is None or part.package.name in ignored:
            continue
        for command in part.alternatives.unknown:
            raise ToolError(
                f"{label}: cannot read the alternatives of {part.owner}: {command}",
                f"declare them in `links`, and add {part.package.name} to `ignored_packages`",
            )
        for each in part.alternatives.known:
            choices.setdefault(each.master.name, []).append(each)
    return choices


def choose_links(image: ImageView, choices: Mapping[str, Sequence[Alternative]]) -> dict[str, str]:
    """Returns the targets of the symlinks of the best choices by path, without leading slash.

    The highest priority wins, then the first path. A choice whose file is not in the image does not
    count, and a slave without its file gets no link.
    """
    links: dict[str, str] = {}
    for name in sorted(choices):
        possible = [each for each in choices[name] if image.exists(each.master.path)]
        if not possible:
            continue
        best = min(possible, key=lambda each: (-each.priority, each.master.path))
        for link in (best.master, *best.slaves):
            if image.exists(link.path):
                links |= _links(image, link)
    return links


def _links(image: ImageView, link: AlternativeLink) -> dict[str, str]:
    path = place(image, link.link)
    entry = image.overlay.entries.get(path)
    if entry is not None and entry.entry.type != "symlink":
        return {}  # update-alternatives does not replace a file by a link either
    return {path: f"/{DIRECTORY}/{link.name}", f"{DIRECTORY}/{link.name}": link.path}


def place(image: ImageView, path: str) -> str:
    """The path of a link without links in its directory, and without a leading slash."""
    directory, name = posixpath.split(path)
    return posixpath.join(image.tree.locate(directory), name).lstrip("/")
