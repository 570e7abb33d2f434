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
from tools.lib.oci.documents import blob_path, read_image
from tools.lib.oci.layer import read_layer
from tools.oci_layout.core import OCI_LAYOUT, missing_blob, plan
from tools.oci_layout.sources import Source, find_source, place


def main(argv: Sequence[str]) -> int:
    parser = Parser("oci_layout", "Assembles an OCI image layout directory.")
    pair = ("LAYER_JSON", "BLOB")
    parser.add_argument("--output", required=True, help="absent, or an empty directory")
    parser.add_argument("--index", default="", help="the index that names the images")
    parser.add_argument("--manifest", action="append", default=[], help="an image's manifest")
    parser.add_argument("--config", action="append", default=[], help="the config of the same one")
    parser.add_argument(
        "--layer",
        action="append",
        default=[],
        nargs=2,
        metavar=pair,
        help="a layer whose file may be linked",
    )
    parser.add_argument(
        "--copied-layer",
        action="append",
        default=[],
        nargs=2,
        metavar=pair,
        help="a layer whose file is the user's own",
    )
    parser.add_argument("--layout", action="append", default=[], help="a base's, for its layers")
    parser.add_argument("--ref", default="", help="a name for the root, such as a tag")
    flags = parser.parse_args(argv)

    if len(flags.manifest) != len(flags.config):
        raise ToolError(f"{len(flags.manifest)} --manifest, but {len(flags.config)} --config")
    images = [read_image(*both) for both in zip(flags.manifest, flags.config, strict=True)]
    index = read_document(flags.index) if flags.index else None
    layout = plan(index, images, flags.ref, flags.index)
    blobs = {
        read_layer(description).descriptor.digest: Source(os.path.realpath(blob), linkable)
        for pairs, linkable in ((flags.copied_layer, False), (flags.layer, True))
        for description, blob in pairs
    }
    with whole_directory(flags.output) as directory:
        os.makedirs(f"{directory}/blobs/sha256")
        for layer in layout.layers:
            if source := find_source(layer, blobs, flags.layout):
                place(source, blob_path(directory, layer.digest))
            elif not layer.other.get("urls"):  # a layer of others' that may not be passed on
                raise missing_blob(layer, images)
        for digest, data in layout.documents.items():
            _write(blob_path(directory, digest), data)
        _write(f"{directory}/index.json", layout.index_json)
        _write(f"{directory}/oci-layout", OCI_LAYOUT)
    return 0


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as out:
        out.write(data)


@contextlib.contextmanager
def whole_directory(path: str) -> Iterator[str]:
    """A directory to fill that becomes `path` on success, and is removed on any exception."""
    partial = f"{path.rstrip('/')}.{os.getpid()}.partial"
    try:
        os.mkdir(partial)
    except FileExistsError:  # of one that was killed, and had this number
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
            raise ToolError(f"{path}: exists and is not empty", "remove it first") from None
        raise


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
