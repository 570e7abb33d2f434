"""Writes the blob of a part entry by entry, and collects what describes it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, TYPE_CHECKING

from tools.lib.archive.compress import MEMBER, Compression, compressor
from tools.lib.archive.limits import MAX_METADATA_TEXT, MAX_TRUST_STORE
from tools.lib.archive.tar_entry import END_OF_ARCHIVE, TarEntry, header, padding, path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.debian.alternatives import NO_ALTERNATIVES, Alternatives
from tools.lib.debian.dpkg_status import is_status_file
from tools.lib.debian.package import BinaryPackage
from tools.lib.elf.elf_file import ElfInfo
from tools.lib.part.inventory import Inventory, InventoryWriter
from tools.lib.part.part import Blob, Part, PartDirectory, PartEntry

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


class _MemberStream:
    """Compresses what is written to it in members of bounded size.

    If `whole`, it also computes the digest of what was written, which is a layer's diff_id.
    """

    def __init__(self, out: IO[bytes], compression: Compression, whole: bool) -> None:
        self._out = out
        self._compress = compressor(compression)
        self._bound = MEMBER[compression]
        self._pending = bytearray()
        self._sha256 = hashlib.sha256()
        self._uncompressed_sha256 = hashlib.sha256() if whole else None
        self.size = 0
        self.uncompressed_size = 0

    def write(self, data: bytes) -> None:
        self.uncompressed_size += len(data)
        if self._uncompressed_sha256:
            self._uncompressed_sha256.update(data)
        self._pending += data
        while len(self._pending) >= self._bound:
            self._flush(self._bound)

    def end_member(self) -> str:
        """Writes what is pending; returns the hex sha256 of everything written so far."""
        if self._pending:
            self._flush(len(self._pending))
        return self._sha256.hexdigest()

    def uncompressed_sha256(self) -> str:
        """The hex sha256 of everything that was given."""
        assert self._uncompressed_sha256
        return self._uncompressed_sha256.hexdigest()

    def _flush(self, length: int) -> None:
        member = self._compress(self._pending[:length])
        del self._pending[:length]
        self._sha256.update(member)
        self.size += len(member)
        self._out.write(member)


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
        self._stream = _MemberStream(out, compression, whole)
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
        sha256, text = "", None
        if entry.type == "file":
            sha256, text = self._add_data(entry, data)
        self._entries.append(
            PartEntry(
                path=entry.path,
                type=entry.type,
                mode=entry.mode,
                uid=entry.uid,
                gid=entry.gid,
                mtime=entry.mtime,
                size=entry.size,
                sha256=sha256,
                link=entry.link,
                device=entry.device,
                xattrs=entry.xattrs,
                elf=elf,
                text=text,
                libraries=None
                if libraries is None
                else {name: tuple(paths) for name, paths in libraries.items()},
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

        part = self.part
        self._stream.write(directory_headers(part.directories) + END_OF_ARCHIVE)
        digest = Digest(f"sha256:{self._stream.end_member()}")
        return Layer(
            descriptor=Descriptor(LAYERS[self._compression], digest, self._stream.size, {}),
            diff_id=Digest(f"sha256:{self._stream.uncompressed_sha256()}"),
            architecture=part.architecture,
            architecture_owner=part.owner if part.architecture else "",
            created=part.newest_mtime,
            created_by=part.owner,
        )

    def _add_data(self, entry: TarEntry, data: Iterable[bytes]) -> tuple[str, str | None]:
        """Writes a file's data; returns its hex sha256, and its text if later steps read that."""
        sha256 = hashlib.sha256()
        record = self._inventory.file(entry.path, entry.size)
        size = 0
        text = bytearray() if has_text(entry.path, entry.size) else None
        for chunk in data:
            sha256.update(chunk)
            record.update(chunk)
            size += len(chunk)
            self._stream.write(chunk)
            if text is not None:
                text += chunk
        if size != entry.size:
            raise ToolError(f"{entry.path}: {size} bytes of data, expected {entry.size}")
        self._stream.write(padding(size))
        record.close()
        return (
            sha256.hexdigest(),
            None if text is None else text.decode("utf-8", "surrogateescape"),
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
