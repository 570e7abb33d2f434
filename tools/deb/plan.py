"""From a package's archive to the entries of a layer. Touches no files, reads no content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tools.deb import merged_usr
from tools.deb.rules import Keep
from tools.lib.archive.tar_entry import Entry, path_bytes
from tools.lib.archive.tar_reader import Member
from tools.lib.cli.errors import ToolError
from tools.lib.rootfs.links import target_of

# Ten times what the largest packages have. Names that are deep cost memory for each directory.
_MAX_DIRECTORIES = 1 << 17

_EXCLUDE = "leave it out by --exclude, if it is not needed"

Found = dict[str, Member]
"""Entries by path."""


def plan(members: Iterable[Member], keep: Keep, merge_usr: bool) -> list[Member]:
    """The entries of the layer, sorted by path; of hard links the first one has the data.

    Args:
        members: the archive.
        keep: what stays.
        merge_usr: whether what is in /bin, /lib and so on goes below /usr.

    Raises:
        ToolError: the archive cannot be unpacked as it is, or reaches out of the root.
    """
    found = _index(members, merge_usr)
    _check_parents(found)
    links = _hard_links(found)
    kept = {
        path
        for path, member in found.items()
        if member.entry.type != "directory" and keep(member.entry)
    }
    _keep_targets(kept, found)
    for path in kept:
        _check(found[path].entry)
    result = [*_files(kept, found, links), *_directories(kept, found, keep)]
    return sorted(result, key=lambda member: path_bytes(member.entry.path))


def _index(members: Iterable[Member], merge_usr: bool) -> Found:
    found: Found = {}
    for member in members:
        entry: Entry | None = member.entry
        if merge_usr:
            entry = merged_usr.moved(member.entry)
        if entry is None:
            continue
        if not entry.path:
            if entry.type != "directory":
                raise ToolError(f"the root is a {entry.type}")
            continue
        other = found.get(entry.path)
        if other is not None:
            if entry.type != "directory" or other.entry.type != "directory":
                raise ToolError(f"{entry.path}: twice in the archive")
            if entry.path != member.entry.path:
                continue  # of /lib and /usr/lib the latter counts
        found[entry.path] = member if entry is member.entry else member._replace(entry=entry)
    return found


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _ancestors(paths: Iterable[str]) -> set[str]:
    known: set[str] = set()
    for path in paths:
        parent = _parent(path)
        while parent and parent not in known:
            known.add(parent)
            parent = _parent(parent)
        if len(known) > _MAX_DIRECTORIES:
            raise ToolError(f"more than {_MAX_DIRECTORIES} directories")
    return known


def _check_parents(found: Found) -> None:
    for path in sorted(_ancestors(found)):
        if path in found and found[path].entry.type != "directory":
            raise ToolError(f"{path}: a {found[path].entry.type}, and other entries are below it")


def _hard_links(found: Found) -> dict[str, str]:
    """Each hard link's file; links to what is no file become a copy of it."""
    links: dict[str, str] = {}
    for path in found:
        trail: dict[str, None] = {}
        at = path
        while (
            at in found and found[at].entry.type == "hardlink" and not (at in links or at in trail)
        ):
            trail[at] = None
            at = found[at].entry.link
        at = links.get(at, at)
        if trail and (at not in found or found[at].entry.type in ("directory", "hardlink")):
            raise ToolError(f"{path}: a hard link to {at}, which is no file of the package")
        links |= dict.fromkeys(trail, at)
    for path, target in list(links.items()):
        if found[target].entry.type != "file":
            found[path] = Member(found[target].entry._replace(path=path), ())
            del links[path]
    return links


def _keep_targets(kept: set[str], found: Found) -> None:
    """A copyright file that is a link needs what it leads to, were it of the documentation."""
    pending = [path for path in kept if path.startswith("usr/share/doc/")]
    while pending:
        entry = found[pending.pop()].entry
        if entry.type != "symlink":
            continue
        to = target_of(entry.path, entry.link)
        if to in found and to not in kept and found[to].entry.type != "directory":
            kept.add(to)
            pending.append(to)


def _check(entry: Entry) -> None:
    if entry.type in ("char", "block"):
        raise ToolError(f"{entry.path}: a device, which no package has to bring", _EXCLUDE)
    if entry.type == "symlink" and target_of(entry.path, entry.link) is None:
        raise ToolError(f"{entry.path}: a symlink out of the image, to {entry.link}", _EXCLUDE)
    if "\n" in entry.path:
        raise ToolError(f"{entry.path}: a line feed in a name, which dpkg does not take", _EXCLUDE)
    if ".wh." in entry.path and any(name.startswith(".wh.") for name in entry.path.split("/")):
        raise ToolError(f"{entry.path}: layers have another meaning for such a name", _EXCLUDE)


def _files(kept: set[str], found: Found, links: Mapping[str, str]) -> Iterable[Member]:
    """What is no directory. The name that comes first gets the data, the others link to it."""
    names: dict[str, list[str]] = {}
    for path in kept:
        names.setdefault(links.get(path, path), []).append(path)
    for target, paths in names.items():
        first, *others = sorted(paths, key=path_bytes)
        entry, extents = found[target]
        yield Member(entry._replace(path=first), extents)
        for path in others:
            yield Member(
                entry._replace(path=path, type="hardlink", size=0, link=first, xattrs={}), ()
            )


def _directories(kept: set[str], found: Found, keep: Keep) -> Iterable[Member]:
    """Parents of what is kept, and what was empty from the start."""
    parents = _ancestors(found)
    directories = {path for path in found if found[path].entry.type == "directory"}
    empty = {path for path in directories - parents if keep(found[path].entry)}
    return (found[path] for path in directories & (empty | _ancestors(kept | empty)))
