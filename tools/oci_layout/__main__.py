"""Assembles an OCI image layout directory: regular files, layers hard-linked where possible."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator, Sequence

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.data.json_values import read_document
from tools.lib.oci.image import read_image
from tools.lib.oci.layer import read_layer
from tools.lib.oci.layout import blob_path
from tools.oci_layout.blobs import BlobFile, find_layer, link_or_copy
from tools.oci_layout.contents import OCI_LAYOUT, missing_layer, plan


class _Flags:
    layout_out: str
    index: str
    manifest: list[str]
    config: list[str]
    layer: list[list[str]]
    copy_layer: list[list[str]]
    layout: list[str]
    layout_file: list[str]
    ref: str


def main(argv: Sequence[str]) -> int:
    parser = Parser("oci_layout", __doc__)
    pair = ("LAYER_JSON", "BLOB")
    parser.add_argument("--layout-out", required=True, help="absent, or an empty directory")
    parser.add_argument("--index", default="", help="the index of the images")
    parser.add_argument("--manifest", action="append", help="of an image")
    parser.add_argument("--config", action="append", help="of the image of the same position")
    parser.add_argument(
        "--layer", action="append", nargs=2, metavar=pair, help="a layer that may be hard-linked"
    )
    parser.add_argument(
        "--copy-layer", action="append", nargs=2, metavar=pair, help="a layer that must be copied"
    )
    parser.add_argument("--layout", action="append", help="a layout with layers of a base")
    parser.add_argument(
        "--layout-file", action="append", help="an input to which symlinks in a layout may lead"
    )
    parser.add_argument("--ref", default="", help="name of the image or index, such as cc:debian13")
    flags = parser.parse_args(argv, _Flags)

    if len(flags.manifest) != len(flags.config):
        raise ToolError(f"{len(flags.manifest)} manifests, but {len(flags.config)} configs")
    images = [read_image(*both) for both in zip(flags.manifest, flags.config, strict=True)]
    index = read_document(flags.index) if flags.index else None
    contents = plan(index, images, flags.ref, flags.index)
    files = {
        read_layer(description).descriptor.digest: BlobFile(
            os.path.realpath(blob), linkable, trusted=True
        )
        for pairs, linkable in ((flags.copy_layer, False), (flags.layer, True))
        for description, blob in pairs
    }
    inputs = {os.path.realpath(path) for path in (*flags.layout, *flags.layout_file)}
    with whole_directory(flags.layout_out) as directory:
        os.makedirs(f"{directory}/blobs/sha256")
        for layer in contents.layers:
            if file := find_layer(layer, files, flags.layout, inputs):
                link_or_copy(file, layer, blob_path(directory, layer.digest))
            elif not layer.urls:  # a layer that may not be redistributed is downloaded from there
                raise missing_layer(layer, images)
        for digest, data in contents.documents.items():
            _write(blob_path(directory, digest), data)
        _write(f"{directory}/index.json", contents.index_json)
        _write(f"{directory}/oci-layout", OCI_LAYOUT)
    return 0


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as out:
        out.write(data)


@contextlib.contextmanager
def whole_directory(path: str) -> Iterator[str]:
    """A new directory that is renamed to `path` on success and removed on any exception."""
    partial = f"{path.rstrip('/')}.{os.getpid()}.partial"
    try:
        os.mkdir(partial)
    except FileExistsError:  # left by a killed process with the same id
        import shutil

        shutil.rmtree(partial)
        os.mkdir(partial)
    try:
        yield partial
        os.rename(partial, path)
    except BaseException as error:
        import shutil

        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise ToolError(f"{path}: exists and is not empty") from None
        raise


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
