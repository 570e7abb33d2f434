"""Writes the blob of a part entry by entry, and collects what describes it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from tools.lib.archive.compress import CHUNKED, Compression
from tools.lib.archive.limits import MAX_METADATA_TEXT, MAX_TRUST_STORE
from tools.lib.archive.tar_entry import END_OF_ARCHIVE, TarEntry, header, padding, path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.debian.alternatives import NO_ALTERNATIVES, Alternatives
from tools.lib.debian.dpkg_status import is_status_file
from tools.lib.debian.package import BinaryPackage
from tools.lib.elf.elf_file import ElfInfo
from tools.lib.part.inventory import Inventory, InventoryWriter
from tools.lib.part.member_stream import MemberStream
from tools.lib.part.part import Blob, Chunk, Part, PartDirectory, PartEntry

if TYPE_CHECKING:
    from tools.lib.oci.layer import Layer

# Files that later steps read from the metadata: accounts (check_image, accounts), and the loader's
# configuration, ld.so.conf(5) (ld_so_cache). dpkg's database is read, too (dpkg_status).
_TEXTS = ("etc/group", "etc/passwd", "etc/ld.so.conf")
_TEXT_DIRECTORY = "etc/ld.so.conf.d/"

# trust_store adds certificates to these. JDKs have the last one at different places.
_TRUST_STORES = (
    "etc/ssl/certs/ca-certificates.crt",
    "etc/ssl/certs/java/cacerts",
    "etc/ssl/certs/adoptium/cacerts",
)
_JDK_TRUST_STORE = "/lib/security/cacerts"


def has_text(path: str, size: int) -> bool:
    """Whether later steps read the content of a file, so that the metadata includes it."""
    if path in _TRUST_STORES or path.endswith(_JDK_TRUST_STORE):
        return size <= MAX_TRUST_STORE
    if path in _TEXTS or path.startswith(_TEXT_DIRECTORY):
        return size <= MAX_METADATA_TEXT
    return is_status_file(path, size)


def directory_headers(directories: Iterable[PartDirectory]) -> bytes:
    """The tar entries of directories."""
    return b"".join(
        header(TarEntry(each.path, "directory", each.mode, each.uid, each.gid, each.mtime))
        for each in directories
    )


@dataclass(frozen=True, slots=True)
class _Content:
    """What a PartEntry says of the content of a file."""

    sha256: str = ""
    text: str | None = None
    chunks: tuple[Chunk, ...] = ()
    crc64: int = 0


_NOTHING = _Content()


class PartWriter:
    """Writes a blob entry by entry and collects its metadata.

    The caller adds the entries in order (sorted by path, a hard link after its target), each with
    all of its data. The bytes depend on nothing else.

    Args:
        out: where the blob goes.
        compression: of the blob.
        whole: whether `layer` will be called, which makes the blob a layer.
    """

    def __init__(self, out: IO[bytes], compression: Compression, whole: bool = False) -> None:
        self._compression: Compression = compression
        self._stream = MemberStream(out, compression, whole)
        self._checksum: Callable[[bytes, int], int] | None = None
        if compression == "zstd:chunked":
            from tools.lib.archive.crc64 import crc64

            self._checksum = crc64
        self._entries: list[PartEntry] = []
        self._directories: dict[str, PartDirectory] = {}
        self._inventory = InventoryWriter()
        self._part: Part | None = None

    @property
    def part(self) -> Part:
        """The part, after `close`."""
        assert self._part
        return self._part

    @property
    def inventory(self) -> Inventory:
        """The inventory of the part's files, after `close`."""
        return self._inventory.close(self.part.blob.sha256)

    def add(
        self,
        entry: TarEntry,
        data: Iterable[bytes] = (),
        elf: ElfInfo | None = None,
        libraries: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Adds an entry.

        Args:
            entry: its header.
            data: the chunks of a file, `entry.size` bytes in all.
            elf: what the file is, if it is an ELF file.
            libraries: for an ld.so.cache, the paths of each library by its name.

        Raises:
            ToolError: the data is longer or shorter than the entry says.
        """
        if entry.type == "directory":
            self._directories[entry.path] = _directory(entry)
            return
        self._stream.write(header(entry))
        content = _NOTHING
        if entry.type == "file":
            content = self._add_data(entry, data)
        self._entries.append(
            PartEntry(
                path=entry.path,
                type=entry.type,
                mode=entry.mode,
                uid=entry.uid,
                gid=entry.gid,
                mtime=entry.mtime,
                size=entry.size,
                sha256=content.sha256,
                link=entry.link,
                device=entry.device,
                xattrs=entry.xattrs,
                elf=elf,
                text=content.text,
                libraries=None
                if libraries is None
                else {name: tuple(paths) for name, paths in libraries.items()},
                chunks=content.chunks,
                crc64=content.crc64,
            )
        )

    def close(
        self,
        *,
        label: str,
        architecture: str | None,
        package: BinaryPackage | None,
        replaces: Iterable[str] = (),
        alternatives: Alternatives = NO_ALTERNATIVES,
    ) -> Part:
        """Ends the blob and returns the part.

        Args:
            label: who made the part.
            architecture: OCI's name, None if it fits every one.
            package: where it comes from.
            replaces: paths of the part that it may bring although a layer below has them.
            alternatives: what the package's maintainer script would install.
        """
        sha256 = self._stream.end_member()
        self._add_implied_directories()
        self._part = Part(
            label=label,
            architecture=architecture,
            package=package,
            blob=Blob(self._compression, self._stream.size, self._stream.uncompressed_size, sha256),
            directories=tuple(
                self._directories[path] for path in sorted(self._directories, key=path_bytes)
            ),
            entries=tuple(self._entries),
            replaces=tuple(sorted(replaces, key=path_bytes)),
            alternatives=alternatives,
        )
        return self._part

    def layer(self) -> Layer:
        """Makes what was written a complete layer, after `close`, and describes that.

        All directories follow the blob, implied ones too: if they were left out, whoever unpacks
        the layer would make them with a mode that depends on the umask.
        """
        from tools.lib.oci.descriptor import LAYERS, Descriptor, Digest  # few parts are layers
        from tools.lib.oci.layer import Layer

        part, stream = self.part, self._stream
        stream.write(directory_headers(part.directories))
        annotations: Mapping[str, str] = {}
        if self._compression in CHUNKED:
            annotations = self._write_index()
        else:
            stream.write(END_OF_ARCHIVE)
        digest = Digest(f"sha256:{stream.end_member()}")
        return Layer(
            descriptor=Descriptor(
                LAYERS[self._compression], digest, stream.size, annotations=annotations
            ),
            diff_id=Digest(f"sha256:{self._stream.uncompressed_sha256()}"),
            architecture=part.architecture,
            architecture_owner=part.owner if part.architecture else "",
            created=part.newest_mtime,
            created_by=part.owner,
        )

    def _write_index(self) -> Mapping[str, str]:
        """Ends a layer of a chunked compression; returns the annotations of its descriptor."""
        from tools.lib.part.layer_end import layer_end
        from tools.lib.part.layer_entry import blob_entries, directory_entries

        stream = self._stream
        stream.end_member()
        entries = [
            *blob_entries(self.part.entries, 0),
            *directory_entries(self.part.directories),
        ]
        end = layer_end(self._compression, entries, stream.size, stream.uncompressed_size)
        for piece in end.pieces:
            stream.append(piece)
        return end.annotations

    def _add_data(self, entry: TarEntry, data: Iterable[bytes]) -> _Content:
        """Writes a file's data and what fills its last block."""
        sha256 = hashlib.sha256()
        record = self._inventory.file(entry.path, entry.size)
        size = crc = 0
        text = bytearray() if has_text(entry.path, entry.size) else None
        is_chunked = self._compression in CHUNKED and entry.size > 0
        if is_chunked:
            self._stream.begin_chunks()
        for chunk in data:
            sha256.update(chunk)
            record.update(chunk)
            size += len(chunk)
            self._stream.write(chunk)
            if text is not None:
                text += chunk
            if self._checksum:
                crc = self._checksum(chunk, crc)
        if size != entry.size:
            raise ToolError(f"{entry.path}: {size} bytes of data, expected {entry.size}")
        chunks = self._stream.end_chunks() if is_chunked else ()
        self._stream.write(padding(size))
        record.close()
        return _Content(
            sha256.hexdigest(),
            None if text is None else text.decode("utf-8", "surrogateescape"),
            chunks,
            crc,
        )

    def _add_implied_directories(self) -> None:
        known: list[PartEntry | PartDirectory] = [*self._entries, *self._directories.values()]
        newest = max((each.mtime for each in known), default=0)
        for path in [each.path for each in known]:
            while "/" in path:
                path = path.rpartition("/")[0]
                if path in self._directories:
                    break
                self._directories[path] = PartDirectory(
                    path=path, mode=0o755, uid=0, gid=0, mtime=newest, implied=True
                )


def _directory(entry: TarEntry) -> PartDirectory:
    return PartDirectory(
        path=entry.path,
        mode=entry.mode,
        uid=entry.uid,
        gid=entry.gid,
        mtime=entry.mtime,
        xattrs=entry.xattrs,
    )
