"""Parts of layers: runs of tar entries and what describes them. See docs/formats.md, "Part"."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from tools.lib.archive.compress import MEMBER, Compression, compressor
from tools.lib.archive.tar_entry import END_OF_ARCHIVE, Entry, header, padding, path_bytes
from tools.lib.cli.errors import ToolError

if TYPE_CHECKING:
    from tools.lib.oci.documents import Layer

VERSION = 1

Part = dict[str, Any]
"""The content of a part.json: the fields that docs/formats.md gives."""


# What says where libraries lie besides the system's directories, ld.so.conf(5).
_LOADER_CONFIG = "etc/ld.so.conf"
_MAX_TEXT = 1 << 16


class Package(NamedTuple):
    """The package that a part comes from, in its control file's words."""

    name: str
    version: str
    architecture: str
    source: str


def owner(part: Part) -> str:
    """How errors call a part: the package and its version, else its label."""
    package = part["package"]
    return f"{package['name']} {package['version']}" if package else str(part["label"])


def is_read(entry: Entry) -> bool:
    """Whether later steps read the text of a file, and so get it with the metadata."""
    return entry.size <= _MAX_TEXT and (
        entry.path == _LOADER_CONFIG or entry.path.startswith(f"{_LOADER_CONFIG}.d/")
    )


def directory_entries(directories: Iterable[Mapping[str, Any]]) -> bytes:
    """The tar entries of directories, as part.json describes them."""
    return b"".join(
        header(
            Entry(
                each["path"],
                "directory",
                int(each["mode"], 8),
                each["uid"],
                each["gid"],
                each["mtime"],
            )
        )
        for each in directories
    )


class _Members:
    """Collects bytes and writes them as members of bounded size.

    With `whole`, the digest of what was given is kept too, as a layer's diff_id.
    """

    def __init__(self, out: IO[bytes], compression: Compression, whole: bool) -> None:
        self._out = out
        self._compress = compressor(compression)
        self._bound = MEMBER[compression]
        self._pending = bytearray()
        self._sha256 = hashlib.sha256()
        self._plain = hashlib.sha256() if whole else None
        self.size = 0
        self.uncompressed_size = 0

    def write(self, data: bytes) -> None:
        self.uncompressed_size += len(data)
        if self._plain:
            self._plain.update(data)
        self._pending += data
        while len(self._pending) >= self._bound:
            self._flush(self._bound)

    def close(self) -> str:
        """Ends a member with what is left; returns the hex sha256 of all that was written."""
        if self._pending:
            self._flush(len(self._pending))
        return self._sha256.hexdigest()

    def plain(self) -> str:
        """The hex sha256 of all that was given."""
        assert self._plain
        return self._plain.hexdigest()

    def _flush(self, length: int) -> None:
        member = self._compress(self._pending[:length])
        del self._pending[:length]
        self._sha256.update(member)
        self.size += len(member)
        self._out.write(member)


class PartWriter:
    """Writes a run entry by entry and collects its metadata.

    The caller gives the entries in order (sorted by path, a hard link after its target) and each
    file's data in full; what is written depends on nothing else.

    Args:
        out: where the run goes.
        compression: of the run.
        whole: whether `layer` is going to make it a layer.
    """

    def __init__(self, out: IO[bytes], compression: Compression, whole: bool = False) -> None:
        self._compression = compression
        self._members = _Members(out, compression, whole)
        self.part: Part = {}
        self._entries: list[dict[str, Any]] = []
        self._directories: dict[str, dict[str, Any]] = {}

    def add(
        self,
        entry: Entry,
        data: Iterable[bytes] = (),
        elf: dict[str, Any] | None = None,
        libraries: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Adds an entry.

        Args:
            entry: its header.
            data: the chunks of a file, `entry.size` bytes in all.
            elf: what the file is, if it is an ELF file.
            libraries: of a cache of libraries, paths by name.

        Raises:
            ToolError: the data is longer or shorter than the entry says.
        """
        described = _described(entry)
        if entry.type == "directory":
            self._directories[entry.path] = described
            return
        self._members.write(header(entry))
        if entry.type == "file":
            digest = hashlib.sha256()
            size = 0
            text = bytearray() if is_read(entry) else None
            for chunk in data:
                digest.update(chunk)
                size += len(chunk)
                self._members.write(chunk)
                if text is not None:
                    text += chunk
            if size != entry.size:
                raise ToolError(f"{entry.path}: {size} bytes of data, and {entry.size} announced")
            self._members.write(padding(size))
            described["size"] = size
            described["sha256"] = digest.hexdigest()
            if elf:
                described["elf"] = elf
            if libraries is not None:
                described["libraries"] = {name: list(libraries[name]) for name in libraries}
            if text is not None:
                described["text"] = text.decode("utf-8", "surrogateescape")
        elif entry.type in ("symlink", "hardlink"):
            described["link"] = entry.link
        elif entry.type in ("char", "block"):
            described["major"], described["minor"] = entry.device
        self._entries.append(described)

    def close(
        self,
        *,
        label: str,
        architecture: str | None,
        package: Package | None,
        replaces: Iterable[str] = (),
    ) -> Part:
        """Ends the run and returns the metadata, the content of part.json.

        Args:
            label: who made the part.
            architecture: OCI's name, None if it fits every one.
            package: where it comes from.
            replaces: paths of the part that a layer below may have too, with content out of date.
        """
        sha256 = self._members.close()
        self._imply_parents()
        self.part = {
            "version": VERSION,
            "label": label,
            "architecture": architecture,
            "package": package._asdict() if package else None,
            "run": {
                "compression": self._compression,
                "size": self._members.size,
                "uncompressed_size": self._members.uncompressed_size,
                "sha256": sha256,
            },
            "directories": [
                self._directories[path] for path in sorted(self._directories, key=path_bytes)
            ],
            "entries": self._entries,
            "replaces": sorted(replaces, key=path_bytes),
        }
        return self.part

    def layer(self) -> Layer:
        """Makes what was written a whole layer, once it is closed, and describes that.

        Its directories follow the run, less those that are implied: a layer below may have these
        otherwise, and who unpacks makes what nobody has.
        """
        from tools.lib.oci.documents import (  # few parts are layers
            LAYERS,
            Descriptor,
            Digest,
            Layer,
        )

        declared = [each for each in self.part["directories"] if not each.get("implied")]
        self._members.write(directory_entries(declared) + END_OF_ARCHIVE)
        digest = self._members.close()
        return Layer(
            Descriptor(
                LAYERS[self._compression], Digest(f"sha256:{digest}"), self._members.size, {}
            ),
            Digest(f"sha256:{self._members.plain()}"),
            self.part["architecture"],
            max(each["mtime"] for each in (*self._entries, *self.part["directories"])),
            owner(self.part),
            owner(self.part) if self.part["architecture"] else "",
        )

    def _imply_parents(self) -> None:
        known = [*self._entries, *self._directories.values()]
        newest = max((each["mtime"] for each in known), default=0)
        for path in [each["path"] for each in known]:
            while "/" in path:
                path = path.rpartition("/")[0]
                if path in self._directories:
                    break
                implied = _described(Entry(path, "directory", 0o755, mtime=newest))
                self._directories[path] = implied | {"implied": True}


def _described(entry: Entry) -> dict[str, Any]:
    result: dict[str, Any] = {
        "path": entry.path,
        "mode": f"{entry.mode:04o}",
        "uid": entry.uid,
        "gid": entry.gid,
        "mtime": entry.mtime,
    }
    if entry.type != "directory":
        result["type"] = entry.type
    if entry.xattrs:
        import base64  # few packages need it

        result["xattrs"] = {
            name: base64.b64encode(value).decode() for name, value in sorted(entry.xattrs.items())
        }
    return result
