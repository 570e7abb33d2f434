"""runfiles: makes a layer of a program's files, at the paths of its runfiles."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from tools.lib.archive.tar_entry import TarEntry
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.debian.architectures import ARCHITECTURES
from tools.lib.elf.elf_file import ElfInfo, parse_elf_file
from tools.lib.part.output import add_flags, part_writer
from tools.runfiles.plan import plan_files

_CHUNK = 1 << 20


def main(argv: Sequence[str]) -> int:
    parser = Parser("runfiles", "Makes a layer of a program's files.")
    parser.add_argument(
        "--file",
        nargs=2,
        action="append",
        default=[],
        metavar=("PATH", "SOURCE"),
        help="a file: its path in the image, and the file that has its content",
    )
    parser.add_argument(
        "--empty",
        action="append",
        default=[],
        metavar="PATH",
        help="an empty file, as Bazel makes for an __init__.py",
    )
    parser.add_argument(
        "--executable",
        action="append",
        default=[],
        metavar="PATH",
        help="the path of a file that is executable, whatever it contains",
    )
    parser.add_argument("--mtime", type=int, required=True, help="the time of all files")
    add_flags(parser)
    args = parser.parse_args(argv)

    files = plan_files([tuple(each) for each in args.file], args.empty, args.label)
    executables = {path.strip("/") for path in args.executable}
    machines = set()
    with part_writer(args) as writer:
        for path, source in files:
            if source is None:
                writer.add(TarEntry(path, "file", 0o644, mtime=args.mtime))
                continue
            elf, is_script = _inspect(source, f"{args.label}: {path}")
            if elf:
                machines.add(elf.machine)
            # Every output of an action is executable, so the mode of the source says nothing.
            executable = bool(elf) or is_script or path in executables
            size = os.stat(source).st_size
            entry = TarEntry(
                path, "file", 0o755 if executable else 0o644, mtime=args.mtime, size=size
            )
            writer.add(entry, _chunks(source), elf)
        # Files for several machines fit no image as a whole; the check of the image looks at each.
        names = {each.name for each in ARCHITECTURES if each.machine in machines}
        writer.close(
            label=args.label,
            architecture=names.pop() if len(machines) == len(names) == 1 else None,
            package=None,
        )
    return 0


def _inspect(source: str, where: str) -> tuple[ElfInfo | None, bool]:
    """What the file is, if it is an ELF file, and whether it is a script."""
    if not os.path.isfile(source):
        raise ToolError(f"{where}: {source} is not a regular file")
    with open(source, "rb") as file:
        start = file.read(3)
        file.seek(0)
        return parse_elf_file(file, where), start in (b"#!/", b"#! ")


def _chunks(path: str) -> Iterator[bytes]:
    with open(path, "rb") as source:
        while chunk := source.read(_CHUNK):
            yield chunk


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
