"""Parts of layers, as types. docs/formats.md, "Part", describes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from tools.lib.archive.compress import Compression
from tools.lib.debian.alternatives import NO_ALTERNATIVES, Alternatives
from tools.lib.debian.package import BinaryPackage
from tools.lib.elf.elf_file import ElfInfo

EntryType = Literal["file", "hardlink", "symlink", "char", "block", "fifo"]


@dataclass(frozen=True, slots=True)
class Blob:
    """The compressed tar entries of a part, without directories and end-of-archive mark.

    `size` is in bytes as stored, `sha256` is the hex digest of the stored bytes.
    """

    compression: Compression
    size: int
    uncompressed_size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a file that is compressed by itself, in blobs of a chunked compression.

    `offset` is where its member begins in the blob, `stored_size` the member's bytes; `size` and
    `sha256` (hex) are those of the content.
    """

    offset: int
    stored_size: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What was downloaded to make a part; what is not known is empty.

    `url` is that of the lock, never a mirror's. `sha256` is the hex digest of the download. `purl`
    (package URL) and `cpe` (CPE 2.3) name the software; of a Debian package, the part's `package`
    does.
    """

    url: str = ""
    sha256: str = ""
    purl: str = ""
    cpe: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDirectory:
    """A directory of a part.

    `path` has no slash at either end. `mode` is the permission bits with setuid, setgid and
    sticky; `mtime` is in seconds since 1970. `implied`: the source of the part does not have it,
    it is merely the parent of something.
    """

    path: str
    mode: int
    uid: int
    gid: int
    mtime: int
    xattrs: Mapping[str, bytes] = field(default_factory=dict)
    implied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PartEntry:
    """An entry of a part that is not a directory.

    `path`, `mode` and `mtime` are as in a PartDirectory. Only files have `size`, `sha256` (hex),
    `elf`, `text` (the content, of the few files that later steps read) and `libraries` (of an
    ld.so.cache: the paths of a library by its name). `link` is the target of a symlink, or the
    path that a hard link shares its file with. `device` is the major and minor number of a device.
    In a blob of a chunked compression, files that are not empty have `chunks`, and with
    zstd:chunked `crc64`.
    """

    path: str
    type: EntryType
    mode: int
    uid: int
    gid: int
    mtime: int
    size: int = 0
    sha256: str = ""
    link: str = ""
    device: tuple[int, int] = (0, 0)
    xattrs: Mapping[str, bytes] = field(default_factory=dict)
    elf: ElfInfo | None = None
    text: str | None = None
    libraries: Mapping[str, tuple[str, ...]] | None = None
    chunks: tuple[Chunk, ...] = ()
    crc64: int = 0

    def is_same_symlink(self, other: PartEntry) -> bool:
        """Whether both are symlinks that differ at most in their times."""
        return self.type == other.type == "symlink" and (self.link, self.uid, self.gid) == (
            other.link,
            other.uid,
            other.gid,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a part consists of.

    `label` says who made it, `architecture` is OCI's name or None if the part fits every
    architecture, `package` is None if a rule generated it, `origin` is None if nothing of it was
    downloaded, or nobody knows. `directories` is sorted by path and has
    every parent of every entry; `entries` is in the order of the blob. `replaces` has the paths
    that the part may bring although a layer below has them. `alternatives` is what the package's
    maintainer script would install.

    A `foreign` part is a layer that was made elsewhere, a whole tar: `directories` has only those
    in the tar, and some of the entries may be whiteouts.
    """

    label: str
    architecture: str | None
    package: BinaryPackage | None
    blob: Blob
    directories: tuple[PartDirectory, ...]
    entries: tuple[PartEntry, ...]
    replaces: tuple[str, ...] = ()
    alternatives: Alternatives = NO_ALTERNATIVES
    foreign: bool = False
    origin: Origin | None = None

    @property
    def owner(self) -> str:
        """How errors name the part: the package and its version, else the label."""
        return str(self.package) if self.package else self.label

    def outline(self) -> Part:
        """The part without what differs between two parts with other bytes in the same files.

        That is the same part for a package, whose version says which bytes it has.
        """
        if self.package:
            return self
        return replace(
            self,
            blob=Blob(self.blob.compression, 0, 0, ""),
            entries=tuple(
                replace(entry, size=0, sha256="", chunks=(), crc64=0) for entry in self.entries
            ),
            origin=None,
        )

    @property
    def all_entries(self) -> Iterator[PartEntry | PartDirectory]:
        """The entries, then the directories."""
        yield from self.entries
        yield from self.directories

    @property
    def newest_mtime(self) -> int | None:
        """The newest time of an entry or directory, None for an empty part."""
        return max((each.mtime for each in self.all_entries), default=None)
