"""Decides which entries of an archive go into the part. Touches no files, reads no content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tools.deb import usr_merge
from tools.deb.path_filter import PathFilter
from tools.lib.archive.limits import MAX_DIRECTORIES, MAX_DIRECTORY_PATHS
from tools.lib.archive.tar_entry import TarEntry, path_bytes
from tools.lib.archive.tar_member import TarMember
from tools.lib.cli.errors import ToolError
from tools.lib.rootfs.links import target_of

_EXCLUDE_HINT = "if it is not needed, add it to `exclude`"


def plan_part(
    members: Iterable[TarMember], path_filter: PathFilter, merged_usr: bool
) -> list[TarMember]:
    """Returns the entries of the part, sorted by path. The first of hard links has the data.

    Args:
        members: the package's archive.
        path_filter: chooses what the part has.
        merged_usr: whether to move /bin, /lib and the like below /usr.

    Raises:
        ToolError: the archive has contradictory entries, the layer would have one that no layer
            may have, or a pattern of `exclude` matches nothing.
    """
    by_path = _index(members, merged_usr)
    path_filter.check_matches(by_path)
    _check_parents(by_path)
    links = _resolve_hard_links(by_path)
    kept = {
        path
        for path, member in by_path.items()
        if member.entry.type != "directory" and path_filter.keeps(member.entry)
    }
    _keep_targets(kept, by_path, path_filter)
    for path in kept:
        _check(by_path[path].entry)
    planned = [*_files(kept, by_path, links), *_directories(kept, by_path, path_filter)]
    return sorted(planned, key=lambda member: path_bytes(member.entry.path))


def _index(members: Iterable[TarMember], merged_usr: bool) -> dict[str, TarMember]:
    """The members by their paths in the image, without the root directory."""
    by_path: dict[str, TarMember] = {}
    for member in members:
        entry: TarEntry | None = member.entry
        if merged_usr:
            entry = usr_merge.move_entry(member.entry)
        if entry is None:
            continue
        if not entry.path:
            if entry.type != "directory":
                raise ToolError(f"the root directory is a {entry.type}")
            continue
        other = by_path.get(entry.path)
        if other is not None:
            if entry.type != "directory" or other.entry.type != "directory":
                raise ToolError(f"{entry.path}: duplicate entry")
            if entry.path != member.entry.path:
                continue  # /lib, where /usr/lib has its own entry
        by_path[entry.path] = member if entry is member.entry else replace(member, entry=entry)
    return by_path


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _ancestors(paths: Iterable[str]) -> set[str]:
    known: set[str] = set()
    characters = 0
    for path in paths:
        parent = _parent(path)
        while parent and parent not in known:
            known.add(parent)
            characters += len(parent)
            parent = _parent(parent)
        if len(known) > MAX_DIRECTORIES:
            raise ToolError(f"more than {MAX_DIRECTORIES} directories")
        if characters > MAX_DIRECTORY_PATHS:
            raise ToolError(f"paths of directories exceed {MAX_DIRECTORY_PATHS} characters")
    return known


def _check_parents(by_path: Mapping[str, TarMember]) -> None:
    for path in sorted(_ancestors(by_path)):
        if path in by_path and by_path[path].entry.type != "directory":
            raise ToolError(f"{path}: a {by_path[path].entry.type} with entries below it")


def _resolve_hard_links(by_path: dict[str, TarMember]) -> dict[str, str]:
    """The path of the file that each hard link leads to.

    A hard link to a symlink or device becomes a copy of it in `by_path`.
    """
    links: dict[str, str] = {}
    for path in by_path:
        trail: dict[str, None] = {}
        target = path
        while (
            target in by_path
            and by_path[target].entry.type == "hardlink"
            and target not in links
            and target not in trail
        ):
            trail[target] = None
            target = by_path[target].entry.link
        target = links.get(target, target)
        if trail and (
            target not in by_path or by_path[target].entry.type in ("directory", "hardlink")
        ):
            raise ToolError(f"{path}: hard link to {target}, which is not a file of the package")
        links |= dict.fromkeys(trail, target)
    for path, target in list(links.items()):
        if by_path[target].entry.type != "file":
            by_path[path] = TarMember(replace(by_path[target].entry, path=path), ())
            del links[path]
    return links


def _keep_targets(
    kept: set[str], by_path: Mapping[str, TarMember], path_filter: PathFilter
) -> None:
    """Keeps the targets of symlinks that are useless without: copyright files may be links."""
    pending = [path for path in kept if path_filter.keeps_target(path)]
    while pending:
        entry = by_path[pending.pop()].entry
        if entry.type != "symlink":
            continue
        target = target_of(entry.path, entry.link) or ""
        if target in by_path and target not in kept and by_path[target].entry.type != "directory":
            kept.add(target)
            pending.append(target)


def _check(entry: TarEntry) -> None:
    if entry.type in ("char", "block"):
        raise ToolError(f"{entry.path}: a device, which a package may not have", _EXCLUDE_HINT)
    if entry.type == "symlink" and target_of(entry.path, entry.link) is None:
        raise ToolError(f"{entry.path}: symlink out of the image, to {entry.link}", _EXCLUDE_HINT)
    if "\n" in entry.path:
        raise ToolError(f"{entry.path}: line feed in a name, which dpkg refuses", _EXCLUDE_HINT)
    if ".wh." in entry.path and any(name.startswith(".wh.") for name in entry.path.split("/")):
        raise ToolError(f"{entry.path}: would be a whiteout, which deletes a file", _EXCLUDE_HINT)


def _files(
    kept: set[str], by_path: Mapping[str, TarMember], links: Mapping[str, str]
) -> Iterable[TarMember]:
    """Everything but directories. Of a file's names the first has the data, others link to it."""
    names: dict[str, list[str]] = {}
    for path in kept:
        names.setdefault(links.get(path, path), []).append(path)
    for target, paths in names.items():
        first, *others = sorted(paths, key=path_bytes)
        file = by_path[target]
        if first == file.entry.path:
            yield file
        else:
            yield TarMember(replace(file.entry, path=first), file.extents)
        for path in others:
            yield TarMember(
                replace(file.entry, path=path, type="hardlink", size=0, link=first, xattrs={}), ()
            )


def _directories(
    kept: set[str], by_path: Mapping[str, TarMember], path_filter: PathFilter
) -> Iterable[TarMember]:
    """The parents of what is kept, and the directories that are empty in the package."""
    parents = _ancestors(by_path)
    directories = {path for path in by_path if by_path[path].entry.type == "directory"}
    empty = {path for path in directories - parents if path_filter.keeps(by_path[path].entry)}
    return (by_path[path] for path in directories & (empty | _ancestors(kept | empty)))
