"""Chooses among the alternatives of an image's packages, as update-alternatives(1) does."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence

from tools.lib.debian.alternatives import Alternative, AlternativeLink
from tools.lib.part.part import Part
from tools.lib.rootfs.image import ImageView

DIRECTORY = "etc/alternatives"


def read_choices(parts: Iterable[Part]) -> dict[str, list[Alternative]]:
    """Returns the alternatives of packages by the name of their link."""
    choices: dict[str, list[Alternative]] = {}
    for part in parts:
        for each in part.alternatives.known:
            choices.setdefault(each.master.name, []).append(each)
    return choices


def unread_commands(parts: Iterable[Part]) -> dict[str, tuple[str, ...]]:
    """Returns the commands of maintainer scripts that were not understood, by their package."""
    return {
        part.package.name: part.alternatives.unknown
        for part in parts
        if part.package and part.alternatives.unknown
    }


def linked_packages(image: ImageView, links: Mapping[str, str]) -> set[str]:
    """Returns the names of the packages that have the files that links lead to.

    Args:
        image: the files of the image.
        links: targets by the path of a link, without leading slash.
    """
    names = set()
    for path, target in links.items():
        # The directory of the link may not exist yet.
        file = posixpath.normpath(posixpath.join("/", posixpath.dirname(path), target))
        inode = image.inode(file)
        package = image.parts[inode.source.layer].package if inode and inode.source else None
        if package:
            names.add(package.name)
    return names


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
