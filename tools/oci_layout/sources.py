"""Where a layout's layers come from, and how they get there.

A layer is known by the size and digest that the action which made it wrote down. Its bytes are not
hashed again: that would read gigabytes to find what a build system, whose own cache is keyed by
digests, has checked; a registry checks them once more. A wrong size is found.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from typing import NamedTuple

from tools.lib.cli.errors import ToolError
from tools.lib.oci.documents import Descriptor, Digest, blob_path

# Other file systems, no right to, too many names, no such thing: the bytes are copied then.
_NO_LINK = {errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS}


class Source(NamedTuple):
    """A file that holds a blob. If it may be linked, its bytes never change and its mode may."""

    path: str
    linkable: bool


def find_source(
    layer: Descriptor, blobs: dict[Digest, Source], layouts: Sequence[str]
) -> Source | None:
    """The file of a layer, checked for its size; None if there is none.

    Layouts from elsewhere may hold symlinks that lead out of them: the real file is what counts.
    """
    if not (source := blobs.get(layer.digest)):
        paths = (os.path.realpath(blob_path(layout, layer.digest)) for layout in layouts)
        path = next((path for path in paths if os.path.exists(path)), None)
        if not path:
            return None
        # An input of the user's, were it linked, would be made read-only with the output.
        source = Source(path, not os.stat(path).st_mode & 0o222)
    status = os.stat(source.path)
    if not stat.S_ISREG(status.st_mode) or status.st_size != layer.size:
        raise ToolError(
            f"{source.path}: {status.st_size} bytes, but layer {layer.digest} has {layer.size}",
            "the file was changed after it was described: build again, or fetch it again",
        )
    return source


def place(source: Source, path: str) -> None:
    """Makes `path` a regular file with the bytes of `source`: the same file if it can be."""
    if source.linkable:
        try:
            os.link(source.path, path)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
        else:
            return
    import shutil  # slow to import, and seldom needed

    shutil.copyfile(source.path, path)
