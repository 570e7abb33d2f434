"""From the headers of one tar entry to the entry: the rules that several headers are held to.

The comments say which reader would see something else where a rule is broken.
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.lib.archive.extents import Extent
from tools.lib.archive.limits import MAX_DEPTH, MAX_LINK, MAX_NAME, MAX_PATH
from tools.lib.archive.tar_entry import MAX_TIME, TYPEFLAGS, EntryType, TarEntry, path_bytes
from tools.lib.archive.tar_header import TarHeader
from tools.lib.archive.tar_pax import NO_PAX, PaxHeader
from tools.lib.cli.errors import ToolError

_TYPES: dict[bytes, EntryType] = {
    **{flag: name for name, flag in TYPEFLAGS.items()},
    b"\0": "file",  # before POSIX
    b"S": "file",  # GNU's old sparse format
}
# What writers put into a header whose size is in a pax header.
_NO_SIZE = (0, 8**11 - 1)


@dataclass(frozen=True, slots=True)
class TarMember:
    """An entry, and where its data is in the archive. Between the pieces of a file are zeros."""

    entry: TarEntry
    extents: tuple[Extent, ...]


@dataclass(frozen=True, slots=True)
class EntryHeaders:
    """All headers of an entry: its own, and those before it (None if there are none)."""

    own: TarHeader
    pax: PaxHeader | None
    long_name: bytes | None
    long_link: bytes | None

    @property
    def records(self) -> PaxHeader:
        """What the pax header says, if there is one."""
        return self.pax or NO_PAX

    @property
    def is_sparse(self) -> bool:
        if self.pax is None:
            return self.own.typeflag == b"S"
        return self.own.typeflag == b"S" or bool(self.pax.sparse or self.pax.pairs)

    @property
    def name(self) -> bytes:
        """The entry's name as it is written."""
        if self.pax is not None:
            # A pax header and a long name do not occur together.
            return self.pax.sparse.get("name") or self.pax.path or self.own.name
        return self.own.name if self.long_name is None else self.long_name

    @property
    def link(self) -> bytes:
        """The link's target as it is written."""
        if self.pax is not None:
            return self.own.link if self.pax.link is None else self.pax.link
        return self.own.link if self.long_link is None else self.long_link


def relative(name: bytes) -> str:
    """Returns a path without `.`, and without slashes at its ends; `` is the root itself.

    Raises:
        ToolError: it contains `..` or a NUL, or is longer than Linux allows.
    """
    text = name.decode("utf-8", "surrogateescape")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise ToolError(f"{text:.80}: the path contains '..'")
    if "\0" in text:
        raise ToolError(f"{text:.80}: the path contains a NUL")
    if len(name) > MAX_NAME:
        if len(name) > MAX_PATH:
            raise ToolError(f"{text:.80}: the path has more than {MAX_PATH} bytes")
        if any(len(path_bytes(part)) > MAX_NAME for part in parts):
            raise ToolError(f"{text:.80}: the path has a component of more than {MAX_NAME} bytes")
    if len(parts) > MAX_DEPTH:
        raise ToolError(f"{text:.80}: the path has more than {MAX_DEPTH} components")
    return "/".join(parts)


def entry_type(headers: EntryHeaders) -> EntryType:
    """Returns the type of an entry.

    Raises:
        ToolError: the type is unknown, or the name means another type to some readers.
    """
    own, name = headers.own, headers.name
    kind = _TYPES.get(own.typeflag)
    if kind is None:
        raise ToolError(f"unknown entry type {own.typeflag!r}")
    if not name:
        raise ToolError("an entry without a name")
    if own.typeflag == b"\0" and own.name.endswith(b"/"):
        # Before POSIX, a slash made a directory. Python looks at the field only, others at the
        # whole name.
        if own.has_prefix or name is not own.name:
            raise ToolError("a file in a header whose name ends in a slash")
        return "directory"
    if kind != "directory" and name.rpartition(b"/")[2] in (b"", b"."):
        # GNU tar makes directories of these.
        raise ToolError(f"a {kind} whose name ends in a slash")
    return kind


def stored_size(headers: EntryHeaders, kind: EntryType) -> int:
    """Returns how many bytes of data follow the headers in the archive.

    Raises:
        ToolError: readers disagree about it.
    """
    size, pax_size = headers.own.size, headers.records.size
    if kind != "file":
        # GNU tar skips this data, Go and Python take it for the next header.
        if size or pax_size:
            raise ToolError(f"a {kind} with {size or pax_size} bytes of data")
        return 0
    if pax_size is None:
        return size
    if headers.is_sparse:
        # Python takes it for the size of the whole file.
        raise ToolError("a sparse file with its size in a pax header")
    if size not in (pax_size, *_NO_SIZE):
        raise ToolError(f"a size of {size} in the header, and {pax_size} in the pax header")
    return pax_size


def build_entry(headers: EntryHeaders, path: str, kind: EntryType, size: int) -> TarEntry:
    """Returns the entry that the headers describe.

    Args:
        headers: all of them.
        path: the normalized name.
        kind: see `entry_type`.
        size: of the whole file, holes included.

    Raises:
        ToolError: a link without a target, or a time after the year 9999.
    """
    own, pax = headers.own, headers.records
    mtime = own.mtime if pax.mtime is None else pax.mtime
    if mtime > MAX_TIME:
        raise ToolError(f"modification time {mtime} is after the year 9999")
    return TarEntry(
        path,
        kind,
        own.mode,
        own.uid if pax.uid is None else pax.uid,
        own.gid if pax.gid is None else pax.gid,
        max(0, mtime),
        size,
        _link(headers, kind),
        pax.xattrs,
        own.device if kind in ("char", "block") else (0, 0),
    )


def _link(headers: EntryHeaders, kind: EntryType) -> str:
    if kind not in ("hardlink", "symlink"):
        return ""
    link = headers.link
    if not link:
        raise ToolError(f"a {kind} without a target")
    if kind == "hardlink":
        target = relative(link)
        if not target or link.endswith((b"/", b"/.")):
            raise ToolError(f"a hard link to the directory {target or '/'}")
        return target
    if b"\0" in link or len(link) > MAX_LINK:
        raise ToolError(f"the target contains a NUL, or has more than {MAX_LINK} bytes")
    return link.decode("utf-8", "surrogateescape")
