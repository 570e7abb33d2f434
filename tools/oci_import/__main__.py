"""Takes manifest and config out of an OCI image layout from elsewhere, checked, to be a base."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import write_whole
from tools.lib.cli.flags import Parser
from tools.lib.data.json_values import read_document
from tools.lib.oci.documents import Digest, blob_path
from tools.oci_import.core import find_image


def main(argv: Sequence[str]) -> int:
    parser = Parser("oci_import", "Takes manifest and config out of an OCI image layout.")
    parser.add_argument("--layout", required=True, help="the directory")
    parser.add_argument("--manifest-out", required=True)
    parser.add_argument("--config-out", required=True)
    parser.add_argument("--platform", default="", help="os/architecture[/variant]")
    parser.add_argument("--label", default="", help="names the image in errors")
    flags = parser.parse_args(argv)
    where = flags.label or flags.layout

    def read(digest: Digest) -> bytes:
        path = blob_path(flags.layout, digest)
        if not os.path.isfile(path):
            raise ToolError(f"{where}: blob {digest} is missing", f"it is looked for at {path}")
        return read_document(path)

    image = find_image(_read_index(flags.layout, where), read, where, flags.platform)
    write_whole({flags.manifest_out: image.manifest_data, flags.config_out: image.config_data})
    return 0


def _read_index(layout: str, where: str) -> bytes:
    path = f"{layout}/index.json"
    if not os.path.exists(path):
        hint = (
            "an image is a directory with index.json and blobs/, such as skopeo copy makes as oci:"
        )
        if os.path.exists(f"{layout}/manifest.json"):
            hint = "this is Docker's form: convert it by skopeo copy docker-archive:... oci:..."
        raise ToolError(f"{where}: no OCI image layout: it has no index.json", hint)
    return read_document(path)


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
