"""What a layer made of several parts holds, or why they conflict, from their metadata alone.

The rules are dpkg's: a path belongs to one package, a directory to every package that ships it. In
addition, a part may replace a path of the layers below, and may repeat a symlink of them. A
directory's mode and owner come from the strongest claim: a generated part that declares the
directory, then a package, then the parent of an entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.debian.merged_usr import is_merged_link
from tools.lib.part.collisions import Collisions
from tools.lib.part.overlay import apply_all
from tools.lib.part.part import Part, PartDirectory, PartEntry


class _Strength(IntEnum):
    """How much a claim on a directory's mode and owner counts."""

    IMPLIED = 0
    PACKAGE = 1
    GENERATED_IN_BASE = 2
    GENERATED = 3


@dataclass(frozen=True, slots=True)
class _EntryClaim:
    """An entry and the part that has it; `in_base`: the part is in a layer below."""

    entry: PartEntry
    part: Part
    in_base: bool


@dataclass(frozen=True, slots=True)
class DirectoryClaim:
    """A directory and the part that has it; `in_base`: the part is in a layer below."""

    directory: PartDirectory
    part: Part
    in_base: bool
    strength: _Strength


def single_architecture(
    parts: Iterable[Part], label: str, base_parts: Iterable[Part] = ()
) -> Part | None:
    """The first part that is for one architecture, None if all fit every one.

    Args:
        parts: the parts.
        label: the target that they are for, for errors.
        base_parts: parts of the layers below, which must be for the same architecture.

    Raises:
        ToolError: two parts are for different architectures; it names both.
    """
    below = next((part for part in base_parts if part.architecture), None)
    chosen: Part | None = None
    for part in parts:
        if part.architecture is None:
            continue
        other = below or chosen or part
        if part.architecture != other.architecture:
            where = ", in a layer below," if other is below else ""
            name = part.package.name if part.package else "libpq5"
            raise ToolError(
                f"{label}: {part.owner} is for {part.architecture}, but {other.owner}{where} is for"
                f" {other.architecture}",
                f"use packages for {other.architecture}: a label without an architecture, such as"
                f" @bookworm//{name}, follows the target platform; or build for"
                f" {part.architecture}, on a base that has it, with"
                f" --platforms=@distroless//rules/platforms:linux_{part.architecture}",
            )
        chosen = chosen or part
    return chosen


def newest_mtime(parts: Iterable[Part]) -> int | None:
    """The newest time of all entries and directories, in seconds since 1970; None without any."""
    times = (part.newest_mtime for part in parts)
    return max((each for each in times if each is not None), default=None)


def merge_directories(
    parts: Sequence[Part], base_parts: Sequence[Part] = ()
) -> tuple[PartDirectory, ...]:
    """The directories of a layer, sorted by path.

    A directory's time is the newest in this layer: a change of a layer below must not change the
    bytes of this one.

    Args:
        parts: what the layer is made of, in its order.
        base_parts: what the layers below are made of.

    Raises:
        ToolError: a conflict; it names the path and both owners.
    """
    times: dict[str, int] = {}
    for part in parts:
        for directory in part.directories:
            path = directory.path
            times[path] = max(directory.mtime, times.get(path, directory.mtime))
    claims = DirectoryClaims()
    for part in base_parts:
        claims.add(part, in_base=True)
    for part in parts:
        claims.add(part, in_base=False)
    merged = claims.by_path
    for path, claim in _entry_claims(parts, base_parts).items():
        # Conflicts among the layers below are not this layer's.
        if path in merged and not (claim.in_base and path not in times):
            raise _not_a_directory(claim, merged[path])
    return tuple(
        replace(merged[path].directory, mtime=times[path], implied=False, xattrs={})
        for path in sorted(times, key=path_bytes)
    )


def _entry_claims(parts: Sequence[Part], base_parts: Sequence[Part]) -> dict[str, _EntryClaim]:
    """The owner of each path that is not a directory."""
    claims = {
        path: _EntryClaim(owned.entry, owned.part, in_base=True)
        for path, owned in apply_all(base_parts).entries.items()
    }
    collisions = Collisions()
    for part in parts:
        for entry in part.entries:
            other = claims.get(entry.path)
            if other is not None and not (
                other.in_base
                and (_may_replace(part, entry.path) or entry.is_same_symlink(other.entry))
            ):
                collisions.add(entry.path, other.part, other.in_base, part)
                continue
            if entry.type == "hardlink":
                _check_hard_link(entry, part, claims.get(entry.link))
            claims[entry.path] = _EntryClaim(entry, part, in_base=False)
    collisions.check()
    return claims


def _check_hard_link(link: PartEntry, part: Part, target: _EntryClaim | None) -> None:
    if target is None or target.in_base or target.entry.type not in ("file", "hardlink"):
        raise ToolError(
            f"{link.path}: hard link in {part.owner} to {link.link}, "
            "which is not an earlier file of the layer",
            "keep both paths, or exclude both",
        )


def _may_replace(part: Part, path: str) -> bool:
    """Whether a part may replace an entry of a layer below.

    A generated part may, since its author wrote the path down; a package may not. check_image
    reports the path all the same unless the part declares that it replaces it.
    """
    return part.package is None or path in part.replaces


class DirectoryClaims:
    """The strongest claim on each directory, by path. Add the parts from the bottom up."""

    def __init__(self) -> None:
        self.by_path: dict[str, DirectoryClaim] = {}

    def add(self, part: Part, in_base: bool) -> None:
        """Adds the directories of a part.

        Raises:
            ToolError: two parts of one layer have equal claims, and differ.
        """
        for directory in part.directories:
            strength = _strength(directory, part, in_base)
            claim = DirectoryClaim(directory, part, in_base, strength)
            known = self.by_path.setdefault(directory.path, claim)
            if strength > known.strength:
                self.by_path[directory.path] = claim
            elif strength == known.strength:
                if not known.in_base:
                    _check_equal(known, claim)
                elif in_base and strength == _Strength.GENERATED_IN_BASE:
                    # Each of these layers has an entry for the directory. Packages do not change
                    # what a package of a layer below has: the first one stays, as with dpkg.
                    self.by_path[directory.path] = claim


def _strength(directory: PartDirectory, part: Part, in_base: bool) -> _Strength:
    if directory.implied:
        return _Strength.IMPLIED
    if part.package:
        return _Strength.PACKAGE
    return _Strength.GENERATED_IN_BASE if in_base else _Strength.GENERATED


def mode_and_owner(directory: PartDirectory) -> str:
    """The attributes of a directory that parts can disagree about, for errors."""
    return f"{directory.mode:04o} {directory.uid}:{directory.gid}"


def _check_equal(known: DirectoryClaim, claim: DirectoryClaim) -> None:
    old, new = mode_and_owner(known.directory), mode_and_owner(claim.directory)
    if old != new:
        raise ToolError(
            f"{known.directory.path}: directory of mode and owner {old} in {known.part.owner}, "
            f"{new} in {claim.part.owner}",
            "declare the directory in a `files` target of the same layer",
        )


def _not_a_directory(claim: _EntryClaim, directory: DirectoryClaim) -> ToolError:
    entry = claim.entry
    what = f"{entry.type} to {entry.link}" if entry.link else entry.type
    hint = "exclude it from one of them"
    if entry.type == "symlink" and is_merged_link(entry.path, entry.link):
        hint = _unmerged_hint(entry.path, directory)
    return ToolError(
        f"{entry.path}: {what} in {claim.part.owner}, directory in {directory.part.owner}", hint
    )


def _unmerged_hint(path: str, directory: DirectoryClaim) -> str:
    """How to change a part that has /lib as a directory where Debian has a link into /usr."""
    part = directory.part
    if part.package:
        return f"set `merged_usr` for {part.owner}"
    below = (each.path for each in part.all_entries if each.path.startswith(f"{path}/"))
    return f"write /usr/{next(below, path)} in {part.owner}"
