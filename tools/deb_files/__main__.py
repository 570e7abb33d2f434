"""deb_files: writes files of Debian packages to a directory. Nothing of the packages is run."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence

from tools.deb_files import development
from tools.deb_files.control_files import read_control_files
from tools.deb_files.file_tree import FileTree, write_tree
from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import run
from tools.lib.cli.flags import Parser
from tools.lib.debian.unpack import UnpackedDeb, unpack_deb

_LIMIT_HINT = "set `max_size_mib` to allow more, if you trust the package"


def main(argv: Sequence[str]) -> int:
    parser = Parser("deb_files", "Writes files of Debian packages to a directory.")
    parser.add_argument("--deb", action="append", required=True, help="a package")
    parser.add_argument(
        "--content",
        choices=("control", "data", "development"),
        default="data",
        help="control files, all files, or headers and libraries",
    )
    parser.add_argument("--directory-out", required=True, help="output: the directory")
    parser.add_argument("--triplet", help="GNU's name of the architecture, for `development`")
    parser.add_argument("--script-out", help="output: the linker script, for `development`")
    parser.add_argument(
        "--max-size",
        nargs=2,
        action="append",
        metavar=("PATH", "BYTES"),
        help="the limit of a package's unpacked size",
    )
    args = parser.parse_args(argv)

    if args.content == "control":
        for path in args.deb:
            with open(path, "rb") as source, error_context(path):
                files = read_control_files(source)
            os.makedirs(args.directory_out, exist_ok=True)
            for name, data in files.items():
                with open(os.path.join(args.directory_out, name), "xb") as out:
                    out.write(data)
        return 0
    limits = {path: int(size) for path, size in args.max_size}
    with _unpacked(args.deb, args.directory_out, limits) as packages:
        if args.content == "data":
            write_tree(FileTree(packages), args.directory_out)
        else:
            own = [each for each in packages if not _is_of_toolchain(each)]
            found = development.collect(FileTree(own), args.triplet)
            development.write(found, args.directory_out, args.script_out)
    return 0


def _is_of_toolchain(package: UnpackedDeb) -> bool:
    return development.is_of_toolchain(package.deb.control.package.name)


@contextlib.contextmanager
def _unpacked(
    paths: Sequence[str], output: str, limits: Mapping[str, int]
) -> Iterator[Sequence[UnpackedDeb]]:
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(unpack_deb(path, output, limits.get(path), _LIMIT_HINT))
            for path in paths
        ]


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
