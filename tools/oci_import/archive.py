"""Unpacks an OCI image layout from a tar: skopeo's `oci-archive:`, or an image of rules_img."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.lib.archive.tar_reader import content
from tools.lib.archive.tar_stream import TarStream
from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser

# What a layout is; other files, such as docker's manifest.json, are left out.
_MEMBER = re.compile(r"oci-layout|index\.json|blobs/sha256/[0-9a-f]{64}")
_LIMIT_HINT = "use the tar without compression, if you trust it"


class _Flags:
    archive: str
    layout_out: str
    label: str


def main(argv: Sequence[str]) -> int:
    parser = Parser("oci_archive", __doc__)
    parser.add_argument("--archive", required=True, help="the tar, plain, gzip or zstd")
    parser.add_argument("--layout-out", required=True, help="absent, or an empty directory")
    parser.add_argument("--label", default="", help="names the archive in errors")
    flags = parser.parse_args(argv, _Flags)

    name = flags.label or flags.archive
    layout = Path(flags.layout_out)
    try:
        unpack(flags.archive, layout, name)
    except BaseException:
        shutil.rmtree(layout, ignore_errors=True)
        raise
    return 0


def unpack(archive: str, layout: Path, name: str) -> None:
    """Writes the files of a layout. Their content is verified when it is used.

    Raises:
        ToolError: not a tar, too large, or it has no layout.
    """
    layout.joinpath("blobs/sha256").mkdir(parents=True, exist_ok=True)
    with open(archive, "rb") as source, error_context(name):
        tar = TarStream(source, hint=_LIMIT_HINT)
        for member in tar.members():
            path = member.entry.path
            if not _MEMBER.fullmatch(path):
                continue
            out = layout.joinpath(path)
            if member.entry.type == "file":
                out.unlink(missing_ok=True)  # of several the last one counts
                with out.open("xb") as file:
                    file.writelines(content(member, tar.read_at))
            elif member.entry.type == "hardlink":
                target = member.entry.link
                if target == path or not (
                    _MEMBER.fullmatch(target) and layout.joinpath(target).exists()
                ):
                    raise ToolError(
                        f"{path}: hard link to {target}, not to a file of the layout before it"
                    )
                shutil.copyfile(layout.joinpath(target), out)
    if not layout.joinpath("index.json").is_file():
        raise ToolError(
            f"{name}: no OCI image layout: the tar has no index.json",
            "convert docker's format: skopeo copy docker-archive:... oci-archive:...",
        )


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
