"""Reads the layers of an image in a layout: their entries and their digests, in one pass each."""

from __future__ import annotations

import itertools
import stat
from collections.abc import Callable, Iterator

from tools.lib.archive.tar_entry import EntryType, TarEntry
from tools.lib.archive.tar_member import TarMember
from tools.lib.archive.tar_reader import content
from tools.lib.archive.tar_stream import TarStream
from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Digest
from tools.lib.rootfs.tree import LayerMember

_TYPES: dict[EntryType, int] = {
    "file": stat.S_IFREG,
    "hardlink": stat.S_IFREG,
    "symlink": stat.S_IFLNK,
    "directory": stat.S_IFDIR,
    "char": stat.S_IFCHR,
    "block": stat.S_IFBLK,
    "fifo": stat.S_IFIFO,
}

OnFile = Callable[[int, Iterator[bytes]], None]
"""Called before a regular file is yielded, with its ordinal in the layer and its content."""


def members(
    path: str, digest: Digest, diff_id: Digest, on_file: OnFile | None = None
) -> Iterator[LayerMember]:
    """Yields the entries of the layer in the file `path`, in the order of the archive.

    Once all are yielded, the file is known to have `digest`, and its uncompressed bytes `diff_id`.
    Memory: a few chunks of a megabyte, whatever the size of the layer.

    Raises:
        ToolError: the blob is missing or not a strictly well-formed tar, or its digest differs.
    """
    try:
        source = open(path, "rb")  # noqa: SIM115
    except FileNotFoundError:
        raise ToolError(f"{path}: layer not found in the layout") from None
    with source:
        try:
            tar = TarStream(source)
            entries = tar.members()
        except ToolError as error:
            raise _broken(path, error) from None
        for ordinal in itertools.count():
            # Errors of the callback, and of who takes the entries, are not the layer's.
            try:
                member = next(entries, None)
            except ToolError as error:
                raise _broken(path, error) from None
            if member is None:
                break
            if on_file is not None and member.entry.type == "file":
                on_file(ordinal, _content(path, tar, member))
            yield _layer_member(ordinal, member.entry)
        digests = tar.digests()
    if digests.compressed != digest.removeprefix("sha256:"):
        raise ToolError(f"{path}: its digest is not {digest}")
    if digests.uncompressed != diff_id.removeprefix("sha256:"):
        raise ToolError(f"{path}: its uncompressed digest is not the config's diff_id {diff_id}")


def _layer_member(ordinal: int, entry: TarEntry) -> LayerMember:
    return LayerMember(
        ordinal,
        entry.path,
        _TYPES[entry.type] | entry.mode,
        entry.uid,
        entry.gid,
        entry.size,
        entry.link,
        entry.type == "hardlink",
    )


def _content(path: str, tar: TarStream, member: TarMember) -> Iterator[bytes]:
    try:
        yield from content(member, tar.read_at)
    except ToolError as error:
        raise _broken(path, error) from None


def _broken(path: str, error: ToolError) -> ToolError:
    return ToolError(f"{path}: broken layer: {error.message}", error.hint)
