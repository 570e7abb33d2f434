"""Finds the layers of a layout and puts them in place.

A layer that this build made is known by the size and digest that its action wrote down. It is not
hashed again: that would read gigabytes to find what the build system, whose cache is keyed by
digests, has checked. Only its size is compared.

A layer in a layout from elsewhere is hashed here, as no action did so before. Its file can be a
symlink, as in the layouts of rules_oci, whose blobs are symlinks to runfiles. What counts is the
file that the link leads to at last: it must be in the layout or be a declared input of the action,
however the input got there (a sandbox makes every input a symlink). Any other file of the machine
is not part of the build, and a remote executor does not have it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Descriptor, Digest
from tools.lib.oci.layout import find_blob, verified_chunks, verify_blob

# Another file system, no permission, too many links, not supported: the file is copied then.
_NO_LINK = {errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS}


@dataclass(frozen=True, slots=True)
class BlobFile:
    """A file that contains a blob.

    A linkable one becomes part of the layout as a hard link: its bytes never change, and its mode
    may be set with the output's. A trusted one was hashed by the action that made it.
    """

    path: str
    linkable: bool
    trusted: bool


def find_layer(
    layer: Descriptor,
    files: Mapping[Digest, BlobFile],
    layouts: Sequence[str],
    inputs: Collection[str],
) -> BlobFile | None:
    """The file of a layer; None if there is none.

    Args:
        layer: its descriptor.
        files: the layers of this build, by digest.
        layouts: layouts from elsewhere, directories.
        inputs: real paths of files and directories; symlinks in layouts may lead to them.
    """
    if file := files.get(layer.digest):
        status = os.stat(file.path)
        if not stat.S_ISREG(status.st_mode) or status.st_size != layer.size:
            raise ToolError(
                f"{file.path}: {status.st_size} bytes, but layer {layer.digest} has {layer.size}",
                "the file changed after it was described: build or download it again",
            )
        return file
    path = find_blob(layouts, layer.digest)
    if path is None:
        return None
    target = os.path.realpath(path)
    if not _is_within(target, inputs):
        raise ToolError(
            f"{path}: a symlink to {target}, which is not an input of the build",
            "replace the symlink by the file",
        )
    # A writable file is the user's own: as a hard link of the output it would become read-only.
    linkable = os.path.exists(target) and not os.stat(target).st_mode & 0o222
    return BlobFile(target, linkable, trusted=False)


def _is_within(path: str, roots: Collection[str]) -> bool:
    """Whether a real path is one of `roots`, or below one."""
    while path not in roots:
        if path == (path := os.path.dirname(path)):
            return False
    return True


def link_or_copy(file: BlobFile, layer: Descriptor, path: str) -> None:
    """Makes `path` a regular file with the bytes of a layer: a hard link where possible.

    Raises:
        ToolError: the file is not trusted, and is not the layer.
    """
    if file.linkable:
        if not file.trusted:
            verify_blob(file.path, layer)
        try:
            os.link(file.path, path)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
        else:
            return
    if file.trusted:
        import shutil  # slow to import, and seldom needed

        shutil.copyfile(file.path, path)
        return
    with open(path, "wb") as out:
        for chunk in verified_chunks(file.path, layer):
            out.write(chunk)
