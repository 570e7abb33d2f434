"""What a layer of several parts holds, from their metadata alone: the directories, or a conflict.

The rules are dpkg's where it has any: a path belongs to one package, a directory to all that ship
it; a part may say that it replaces what a layer below has. A directory's mode and owner come from
the strongest claim: a generated part that declares the directory, then a package, then the parent
that an entry merely implies.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.part.part import Part, owner

# Where Debian 13 has links into /usr (usrmerge) and older packages have directories.
_MERGED_USR = frozenset(("bin", "sbin", "lib", "lib32", "lib64", "libx32", "libo32"))

_IMPLIED, _PACKAGE, _GENERATED_BELOW, _GENERATED = range(4)


class Claim(NamedTuple):
    """One entry and who brings it."""

    entry: dict[str, Any]
    owner: str
    below: bool


class _Directory(NamedTuple):
    strength: int
    entry: dict[str, Any]
    part: Part
    below: bool

    @property
    def owner(self) -> str:
        return owner(self.part)


def specific(parts: Iterable[Part]) -> Part | None:
    """The first part that is for one architecture, and so are all; None if they fit every one.

    Raises:
        ToolError: two parts are for different ones; it names both.
    """
    chosen: Part | None = None
    for part in parts:
        if part["architecture"] is None:
            continue
        if chosen is None:
            chosen = part
        elif part["architecture"] != chosen["architecture"]:
            raise ToolError(
                f"{owner(chosen)} is for {chosen['architecture']}, "
                f"{owner(part)} for {part['architecture']}",
                "a layer is for one architecture",
            )
    return chosen


def newest(parts: Iterable[Part]) -> int | None:
    """The newest time of an entry or directory, seconds since 1970; None where there is none."""
    return max(
        (
            entry["mtime"]
            for part in parts
            for key in ("entries", "directories")
            for entry in part[key]
        ),
        default=None,
    )


def directories(parts: Sequence[Part], lower: Sequence[Part] = ()) -> list[dict[str, Any]]:
    """The directories of a layer, sorted by path, each once.

    A time is the newest that a part of this layer gives: the layers below do not change the bytes
    of this one.

    Args:
        parts: part.json of what is merged, in the layer's order.
        lower: part.json of what lies in the layers below.

    Raises:
        ToolError: a conflict; it names the path and both owners.
    """
    times: dict[str, int] = {}
    for part in parts:
        for entry in part["directories"]:
            path = entry["path"]
            times[path] = max(entry["mtime"], times.get(path, entry["mtime"]))
    merged = _merge(parts, lower)
    for path, claim in _claims(parts, lower).items():
        # What the layers below do among themselves is not this layer's to judge.
        if path in merged and not (claim.below and path not in times):
            raise _not_a_directory(path, claim, merged[path])
    return [
        {key: merged[path].entry[key] for key in ("path", "mode", "uid", "gid")}
        | {"mtime": times[path]}
        for path in sorted(times, key=path_bytes)
    ]


def _claims(parts: Sequence[Part], lower: Sequence[Part]) -> dict[str, Claim]:
    """The owner of each path that is no directory."""
    claims = {
        entry["path"]: Claim(entry, owner(part), True)
        for part in lower
        for entry in part["entries"]
    }
    for part in parts:
        name = owner(part)
        for entry in part["entries"]:
            path = entry["path"]
            other = claims.get(path)
            if other is not None and not (other.below and _may_replace(part, path)):
                below = ", in a layer below" if other.below else ""
                raise ToolError(
                    f"{path}: in {other.owner}{below}, and in {name}",
                    "a path has one owner: exclude it from one of them",
                )
            if entry["type"] == "hardlink":
                target = claims.get(entry["link"])
                if (
                    target is None
                    or target.below
                    or target.entry["type"] not in ("file", "hardlink")
                ):
                    raise ToolError(
                        f"{path}: {name} has it as a hard link to {entry['link']}, "
                        "which is no file earlier in the layer",
                        "keep both paths, or exclude both",
                    )
            claims[path] = Claim(entry, name, False)
    return claims


def _may_replace(part: Part, path: str) -> bool:
    """Whether a part may have what a layer below has: its author's to decide, never a package's.

    check_image tells of it all the same, where it is not declared.
    """
    return not part["package"] or path in part["replaces"]


def _merge(parts: Sequence[Part], lower: Sequence[Part]) -> dict[str, _Directory]:
    """The strongest claim on each directory, of this layer and those below."""
    merged: dict[str, _Directory] = {}
    for below, level in ((True, lower), (False, parts)):
        for part in level:
            declared = _PACKAGE if part["package"] else _GENERATED_BELOW if below else _GENERATED
            for entry in part["directories"]:
                strength = _IMPLIED if entry.get("implied") else declared
                claim = _Directory(strength, entry, part, below)
                known = merged.setdefault(entry["path"], claim)
                if strength > known.strength:
                    merged[entry["path"]] = claim
                elif strength == known.strength and not known.below:
                    # Of a layer below and an equal here the first stays, as with dpkg.
                    _check_equal(known, claim)
    return merged


def _attributes(entry: dict[str, Any]) -> str:
    return f"{entry['mode']} {entry['uid']}:{entry['gid']}"


def _check_equal(known: _Directory, claim: _Directory) -> None:
    if _attributes(known.entry) != _attributes(claim.entry):
        raise ToolError(
            f"{known.entry['path']}: a directory of {_attributes(known.entry)} in {known.owner}, "
            f"of {_attributes(claim.entry)} in {claim.owner}",
            "declare the directory as you want it, in a generated part of the layer",
        )


def _not_a_directory(path: str, claim: Claim, directory: _Directory) -> ToolError:
    link = claim.entry.get("link")
    what = f"{claim.entry['type']} to {link}" if link else claim.entry["type"]
    hint = "exclude it from one of them"
    if path in _MERGED_USR and claim.entry["type"] == "symlink":
        hint = _unmerged(path, directory)
    return ToolError(f"{path}: a {what} in {claim.owner}, a directory in {directory.owner}", hint)


def _unmerged(path: str, directory: _Directory) -> str:
    """What to do with a part that has /lib as a directory, where Debian has a link into /usr."""
    if directory.part["package"]:
        return f"set merged_usr for {directory.owner}"
    below = (
        entry["path"]
        for entry in (*directory.part["entries"], *directory.part["directories"])
        if entry["path"].startswith(f"{path}/")
    )
    return f"write /usr/{next(below, path)} in {directory.owner}"
