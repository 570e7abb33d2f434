"""What a layer has: its entries in their order, from its metadata or from its tar."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.lib.archive.limits import MAX_DPKG_DATABASE, MAX_MD5SUMS
from tools.lib.archive.tar_entry import TarEntry
from tools.lib.archive.tar_stream import TarStream
from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import ToolError
from tools.lib.debian.dpkg_status import is_package_list, is_status_file
from tools.lib.oci.descriptor import Descriptor, Digest
from tools.lib.part.merge import merge_directories
from tools.lib.part.part import Part, PartDirectory, PartEntry
from tools.lib.part.tar_part import FileContent, tar_entries


@dataclass(frozen=True, slots=True)
class LayerContent:
    """The entries of a layer. Those of dpkg's database have their `text`.

    `packages` has the name of the package that each entry is from, or "" if the metadata does not
    tell; it is as long as `entries`.
    """

    entries: tuple[PartEntry | PartDirectory, ...]
    packages: tuple[str, ...]


def content_of_parts(parts: Sequence[Part], base_parts: Sequence[Part]) -> LayerContent:
    """The content of a layer that is made of parts.

    Args:
        parts: those of the layer.
        base_parts: those of the layers below, which decide about directories of both.
    """
    if len(parts) == 1 and parts[0].foreign:
        directories = parts[0].directories
    else:
        directories = merge_directories(parts, base_parts)
    entries: list[PartEntry | PartDirectory] = [*directories]
    packages = [""] * len(entries)
    for part in parts:
        entries += part.entries
        packages += [part.package.name if part.package else ""] * len(part.entries)
    return LayerContent(tuple(entries), tuple(packages))


def content_of_tar(path: str, layer: Descriptor, diff_id: Digest, name: str = "") -> LayerContent:
    """The content of a layer in a file.

    Args:
        path: the file.
        layer: what the manifest says about it.
        diff_id: its digest without compression, by the config.
        name: names the layer in errors, by default the file.

    Raises:
        ToolError: the file is not a strictly well-formed tar, or not the layer that the manifest
            and the config describe.
    """
    with open(path, "rb") as source, error_context(name or path):
        tar = TarStream(source)
        entries = tuple(tar_entries(tar, _DatabaseReader()))
        digests = tar.digests()
        if f"sha256:{digests.compressed}" != layer.digest:
            raise ToolError(f"corrupt layer: its sha256 is {digests.compressed}")
        if f"sha256:{digests.uncompressed}" != diff_id:
            raise ToolError(f"its uncompressed digest is not the config's diff_id {diff_id}")
    return LayerContent(entries, ("",) * len(entries))


class _DatabaseReader:
    """Describes files by their digests, and those of dpkg's database by their texts too."""

    def __init__(self) -> None:
        self._left = MAX_DPKG_DATABASE

    def __call__(self, entry: TarEntry, chunks: Iterator[bytes]) -> FileContent:
        is_list = is_package_list(entry.path) and entry.size <= MAX_MD5SUMS
        if not is_list and not is_status_file(entry.path, entry.size):
            sha256 = hashlib.sha256()
            for chunk in chunks:
                sha256.update(chunk)
            return FileContent(sha256.hexdigest())
        self._left -= entry.size
        if self._left < 0:
            raise ToolError(f"more than {MAX_DPKG_DATABASE >> 20} MiB of files of dpkg's database")
        data = b"".join(chunks)
        text = data.decode("utf-8", "surrogateescape")
        return FileContent(hashlib.sha256(data).hexdigest(), text=text)
