"""The checks of who has a path, and of what that hides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tools.check_image.findings import Finding
from tools.lib.debian.merged_usr import MERGED_USR_DIRECTORIES, is_merged_link
from tools.lib.part.collisions import SAME_PACKAGE_HINT, is_same_package
from tools.lib.part.merge import DirectoryClaims, mode_and_owner
from tools.lib.part.overlay import Conflict, OwnedDirectory, OwnedEntry
from tools.lib.part.part import Blob, Part, PartDirectory, PartEntry

# No part has the root directory; container runtimes make it.
_ROOT = Part(
    label="the container runtime",
    architecture=None,
    package=None,
    blob=Blob("none", 0, 0, ""),
    directories=(PartDirectory(path="", mode=0o755, uid=0, gid=0, mtime=0),),
    entries=(),
)

_TRUST_STORE = "use `trust_store`, which adds to the image's certificates"

# How a generated part takes the place of a file of the base.
_REPLACEMENTS = {
    "etc/passwd": "set `base` of the target to the image underneath, whose users stay then",
    "etc/group": "set `base` of the target to the image underneath, whose groups stay then",
    "etc/ssl/certs/ca-certificates.crt": _TRUST_STORE,
    "etc/ssl/certs/java/cacerts": _TRUST_STORE,
}


def check_paths(conflicts: Iterable[Conflict]) -> Iterator[Finding]:
    """Paths of two parts, unless it is a directory in both or one part replaces the other's."""
    for conflict in conflicts:
        entry, part, previous = conflict.entry, conflict.part, conflict.previous
        if isinstance(entry, PartEntry) and previous is None:
            yield Finding(
                check="link",
                path=entry.path,
                owner=part.owner,
                fault=f"hard link to {entry.link}, which is not an earlier file of the image",
                hint="write the file before the link",
            )
        elif previous is not None:
            yield Finding(
                check="path",
                path=entry.path,
                owner=part.owner,
                fault=_describe_conflict(entry, previous),
                hint=_conflict_hint(entry, part, previous.part),
            )


def _describe_conflict(
    entry: PartEntry | PartDirectory, previous: OwnedEntry | OwnedDirectory
) -> str:
    other = previous.part.owner
    if entry.path != previous.path:
        return f"below /{previous.path}, which is not a directory in {other}"
    if isinstance(entry, PartDirectory):
        return f"directory, but {_type(previous)} in {other}"
    if isinstance(previous, OwnedDirectory):
        return f"{entry.type}, but directory in {other}"
    return f"duplicate entry: also in {other}"


def _type(owned: OwnedEntry | OwnedDirectory) -> str:
    if isinstance(owned, OwnedDirectory):
        return "directory"
    return f"symlink to {owned.entry.link}" if owned.entry.type == "symlink" else owned.entry.type


def _conflict_hint(entry: PartEntry | PartDirectory, part: Part, other: Part) -> str:
    if is_same_package(part, other):
        return SAME_PACKAGE_HINT
    if part.package is not None:
        return "exclude it from one of them"
    if not part.foreign:
        return _REPLACEMENTS.get(entry.path, "leave it out, or list it in `replaces` of the target")
    if isinstance(entry, PartDirectory):
        return "leave the entry of the directory itself out of the tar"
    return "leave it out of the tar, or list it in a file of `waivers`"


def check_directories(parts: Iterable[Part]) -> Iterator[Finding]:
    """Directories of tars that change the mode or owner of what is below them.

    Programs that write tars add an entry for every parent, with a mode that nobody chose.
    """
    claims = DirectoryClaims()
    claims.add(_ROOT, in_base=True)
    for part in parts:
        for directory in part.directories if part.foreign else ():
            claim = claims.by_path.get(directory.path)
            if claim is None or claim.directory.implied:
                continue
            old, new = mode_and_owner(claim.directory), mode_and_owner(directory)
            if old != new:
                name = "" if directory.path else " /"
                yield Finding(
                    check="directory",
                    path=directory.path,
                    owner=part.owner,
                    fault=f"directory{name} of mode and owner {new}, but {old} in "
                    f"{claim.part.owner}",
                    hint="leave the entry of the directory out of the tar, or give it that mode",
                )
        claims.add(part, in_base=True)


def check_merged_usr(parts: Sequence[Part]) -> Iterator[Finding]:
    """Parts with paths in /bin, /lib and so on, if one of these is a link into /usr."""
    entries = (entry for part in parts for entry in part.entries)
    if not any(_is_merged_link(entry) for entry in entries):
        return
    for part in parts:
        first: dict[str, str] = {}
        for entry in part.all_entries:
            top = entry.path.partition("/")[0]
            if top in MERGED_USR_DIRECTORIES and not _is_merged_link(entry):
                first.setdefault(top, entry.path)
        for top, path in first.items():
            yield Finding(
                check="merged-usr",
                path=path,
                owner=part.owner,
                fault=f"in /{top}, which is a link to usr/{top} in an image with merged /usr",
                hint=_merged_usr_hint(part, top),
            )


def _merged_usr_hint(part: Part, top: str) -> str:
    if part.package:
        return "set `merged_usr` for the package"
    if part.foreign:
        return f"leave the entry of the directory {top} itself out of the tar"
    return f"write it below /usr/{top}"


def _is_merged_link(entry: PartEntry | PartDirectory) -> bool:
    return (
        isinstance(entry, PartEntry)
        and entry.type == "symlink"
        and is_merged_link(entry.path, entry.link)
    )
