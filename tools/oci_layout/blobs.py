"""Finds the layers of a layout and puts them in place.

A layer that this build made is known by the size and digest that its action wrote down. It is not
hashed again: that would read gigabytes to find what the build system, whose cache is keyed by
digests, has checked. Only its size is compared.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Descriptor, Digest
from tools.lib.oci.layout import find_blob

# Another file system, no permission, too many links, not supported: the file is copied then.
_NO_LINK = {errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS}


@dataclass(frozen=True, slots=True)
class BlobFile:
    """A file that contains a blob.

    A linkable one becomes part of the layout as a hard link: its bytes never change, and its mode
    may be set with the output's.
    """

    path: str
    linkable: bool


def find_layer(
    layer: Descriptor, files: Mapping[Digest, BlobFile], layouts: Sequence[str]
) -> BlobFile | None:
    """The file of a layer, its size checked; None if there is none.

    In layouts from elsewhere blobs can be symlinks; the file that they lead to is used.
    """
    file = files.get(layer.digest)
    if not file:
        found = find_blob(layouts, layer.digest)
        if not found:
            return None
        path = os.path.realpath(found)
        # A writable file is the user's own: as a hard link of the output it would become read-only.
        file = BlobFile(path, linkable=not os.stat(path).st_mode & 0o222)
    status = os.stat(file.path)
    if not stat.S_ISREG(status.st_mode) or status.st_size != layer.size:
        raise ToolError(
            f"{file.path}: {status.st_size} bytes, but layer {layer.digest} has {layer.size}",
            "the file changed after it was described: build or download it again",
        )
    return file


def place(file: BlobFile, path: str) -> None:
    """Makes `path` a regular file with the bytes of `file`: a hard link where possible."""
    if file.linkable:
        try:
            os.link(file.path, path)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
        else:
            return
    import shutil  # slow to import, and seldom needed

    shutil.copyfile(file.path, path)
