"""npm_package: makes a part of the files of a package from npm.

Its scripts are not run. As with npm, the first directory of each path is left out, and so are
links.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Sequence

from tools.lib.archive import decompress, tar_reader
from tools.lib.archive.limits import layer_limits
from tools.lib.archive.scratch_file import ScratchFile
from tools.lib.archive.tar_entry import TarEntry, path_bytes
from tools.lib.archive.tar_member import TarMember, relative
from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.debian.architectures import ARCHITECTURES
from tools.lib.elf.elf_member import parse_elf_member
from tools.lib.part.output import add_flags, part_writer


def main(argv: Sequence[str]) -> int:
    parser = Parser("npm_package", "Makes a part of the files of a package from npm.")
    parser.add_argument("--archive", required=True, help="the .tgz of the package")
    parser.add_argument("--path", required=True, help="absolute path of the package in the image")
    parser.add_argument("--mtime", type=int, required=True, help="the time of all files")
    add_flags(parser)
    args = parser.parse_args(argv)

    directory = relative(path_bytes(args.path))
    machines = set()
    with (
        part_writer(args) as writer,
        open(args.archive, "rb") as source,
        error_context(args.archive),
        ScratchFile(args.blob_out) as scratch,
    ):
        # Locks of npm have another hash.
        args.origin_sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        source.seek(0)
        limits = layer_limits(os.path.getsize(args.archive))
        scratch.fill(decompress.chunks(source, ".gz"), limits.size)
        members = tar_reader.members(scratch.read_at, scratch.size, limits)
        for path, member in package_files(members):
            elf = parse_elf_member(member, scratch.read_at)
            if elf:
                machines.add(elf.machine)
            entry = TarEntry(
                f"{directory}/{path}",
                "file",
                0o755 if member.entry.mode & 0o111 else 0o644,
                mtime=args.mtime,
                size=member.entry.size,
            )
            writer.add(entry, tar_reader.content(member, scratch.read_at), elf)
        # A package may have libraries for several machines, of which Node.js loads one.
        names = {each.name for each in ARCHITECTURES if each.machine in machines}
        writer.close(
            label=args.label,
            architecture=names.pop() if len(machines) == len(names) == 1 else None,
            package=None,
        )
    return 0


def package_files(members: Iterable[TarMember]) -> list[tuple[str, TarMember]]:
    """The files of a package, sorted by their paths below its directory.

    If a file is there twice, the last one counts, as for everything that unpacks the archive.

    Raises:
        ToolError: there is no package.json, or a file is where another one needs a directory.
    """
    files: dict[str, TarMember] = {}
    for member in members:
        path = member.entry.path.partition("/")[2]
        if path and member.entry.type == "file":
            files[path] = member
    if "package.json" not in files:
        raise ToolError("missing file package.json, not a package from npm")
    for path in files:
        parent = path.rpartition("/")[0]
        while parent:
            if parent in files:
                raise ToolError(f"{path}: {parent} is a file, not a directory")
            parent = parent.rpartition("/")[0]
    return sorted(files.items(), key=lambda item: path_bytes(item[0]))


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
