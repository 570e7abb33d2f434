"""Packs an OCI image layout into a tar, as read by skopeo's `oci-archive:` and `docker load`."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence

from tools.lib.archive.tar_entry import END_OF_ARCHIVE, TarEntry, header, padding, path_bytes
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_write
from tools.lib.cli.flags import Parser


class _Flags:
    layout: str
    tar_out: str


def main(argv: Sequence[str]) -> int:
    parser = Parser("oci_tarball", __doc__)
    parser.add_argument("--layout", required=True, help="the directory")
    parser.add_argument("--tar-out", required=True)
    flags = parser.parse_args(argv, _Flags)

    if not os.path.isfile(f"{flags.layout}/oci-layout"):
        raise ToolError(f"{flags.layout}: not an OCI image layout: it has no file oci-layout")
    with atomic_write(flags.tar_out) as out:
        for path in _paths(flags.layout):
            source = f"{flags.layout}/{path}"
            if os.path.isdir(source):
                out.write(header(TarEntry(path, "directory", 0o755)))
                continue
            with open(source, "rb") as data:
                size = os.fstat(data.fileno()).st_size
                out.write(header(TarEntry(path, "file", 0o644, size=size)))
                shutil.copyfileobj(data, out, 1 << 20)
            out.write(padding(size))
        out.write(END_OF_ARCHIVE)
    return 0


def _paths(layout: str) -> Iterator[str]:
    """The paths in a layout: oci-layout and index.json, then the others, sorted."""
    yield "oci-layout"
    yield "index.json"
    below = []
    for directory, directories, files in os.walk(layout):
        below += [os.path.relpath(f"{directory}/{name}", layout) for name in directories + files]
    yield from sorted({*below} - {"oci-layout", "index.json"}, key=path_bytes)


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
