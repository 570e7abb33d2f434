"""Packs an OCI image layout into a tar, as read by skopeo's `oci-archive:` and `docker load`.

The tar has the files of the layout and a manifest.json for docker's classic image store.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import IO

from tools.lib.archive.tar_entry import END_OF_ARCHIVE, TarEntry, header, padding, path_bytes
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_write
from tools.lib.cli.flags import Parser
from tools.oci_layout.docker_manifest import docker_manifest

# Readers of streams find these before the layers.
_FIRST = ("oci-layout", "index.json")


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
    manifest = docker_manifest(flags.layout)
    with atomic_write(flags.tar_out) as out:
        for path in _FIRST:
            _add_file(out, flags.layout, path)
        out.write(header(TarEntry("manifest.json", "file", 0o644, size=len(manifest))))
        out.write(manifest + padding(len(manifest)))
        for path in _paths(flags.layout):
            if os.path.isdir(f"{flags.layout}/{path}"):
                out.write(header(TarEntry(path, "directory", 0o755)))
            else:
                _add_file(out, flags.layout, path)
        out.write(END_OF_ARCHIVE)
    return 0


def _add_file(out: IO[bytes], layout: str, path: str) -> None:
    with open(f"{layout}/{path}", "rb") as data:
        size = os.fstat(data.fileno()).st_size
        out.write(header(TarEntry(path, "file", 0o644, size=size)))
        shutil.copyfileobj(data, out, 1 << 20)
    out.write(padding(size))


def _paths(layout: str) -> list[str]:
    """The other paths in a layout, sorted."""
    paths = []
    for directory, directories, files in os.walk(layout):
        paths += [os.path.relpath(f"{directory}/{name}", layout) for name in directories + files]
    return sorted({*paths} - {*_FIRST, "manifest.json"}, key=path_bytes)


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
