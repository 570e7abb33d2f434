"""files_layer: makes a part of a layer from files, directories and links of a BUILD file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from tools.files.spec import Entry, Spec, parse
from tools.lib.archive import tar_entry as tarheader
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import read_json
from tools.lib.cli.flags import Parser
from tools.lib.part.output import add_flags, part_writer

if TYPE_CHECKING:
    from tools.lib.elf.elf_file import ElfInfo

_CHUNK = 1 << 20


def main(argv: Sequence[str]) -> int:
    parser = Parser("files_layer", "Makes a part of a layer from the entries of a spec.")
    parser.add_argument("--spec", required=True, help="JSON: label, mtime, entries, ...")
    parser.add_argument(
        "--source", action="append", default=[], help="a file that entries name by its index"
    )
    add_flags(parser)
    args = parser.parse_args(argv)

    spec = parse(read_json(args.spec), args.label, len(args.source))
    with part_writer(args) as writer:
        for entry in sorted(spec.entries, key=lambda entry: tarheader.path_bytes(entry.path)):
            writer.add(*_with_data(entry, spec, args.source, args.label))
        writer.close(
            label=args.label,
            architecture=spec.architecture,
            package=spec.package,
        )
    return 0


def _with_data(
    entry: Entry, spec: Spec, sources: Sequence[str], label: str
) -> tuple[tarheader.Entry, Iterable[bytes], ElfInfo | None]:
    data: Iterable[bytes]
    described = None
    if isinstance(entry.content, bytes):
        size, data = len(entry.content), [entry.content]
    else:
        path = sources[entry.content]
        if not os.path.isfile(path):
            raise ToolError(
                f"{label}: {entry.path}: {path} is no regular file",
                "name the files of a directory one by one, or add it as a tar",
            )
        from tools.lib.elf.elf_file import parse_elf_file  # what is generated is text

        size, data = os.stat(path).st_size, _chunks(path)
        with open(path, "rb") as source:
            described = parse_elf_file(source)
    header = tarheader.Entry(
        entry.path, entry.type, entry.mode, entry.uid, entry.gid, spec.mtime, size, entry.link
    )
    return header, data, described


def _chunks(path: str) -> Iterator[bytes]:
    with open(path, "rb") as source:
        while chunk := source.read(_CHUNK):
            yield chunk


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
