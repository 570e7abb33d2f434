"""files: makes a part of the files, directories and symlinks that a spec describes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tools.files.spec import FilesSpec, SpecEntry, parse_spec
from tools.lib.archive.tar_entry import TarEntry, path_bytes
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.data.json_values import parse_object, read_document
from tools.lib.part.output import add_flags, part_writer
from tools.lib.part.part_writer import PartWriter

_CHUNK = 1 << 20


def main(argv: Sequence[str]) -> int:
    parser = Parser("files", "Makes a part of files, directories and symlinks.")
    parser.add_argument("--spec", required=True, help="spec.json, which describes the entries")
    parser.add_argument(
        "--source",
        action="append",
        default=[],
        help="a file whose content an entry has; entries refer to it by its index",
    )
    add_flags(parser)
    args = parser.parse_args(argv)

    document = parse_object(read_document(args.spec), args.spec, any_bytes=True)
    spec = parse_spec(document, args.label, len(args.source))
    with part_writer(args) as writer:
        for entry in sorted(spec.entries, key=lambda entry: path_bytes(entry.path)):
            _write(entry, spec, args.source, args.label, writer)
        writer.close(label=args.label, architecture=spec.architecture, package=None)
    return 0


def _write(
    entry: SpecEntry, spec: FilesSpec, sources: Sequence[str], label: str, writer: PartWriter
) -> None:
    header = TarEntry(
        entry.path, entry.type, entry.mode, entry.uid, entry.gid, spec.mtime, link=entry.link
    )
    if entry.source is None:
        content = entry.content or b""
        writer.add(replace(header, size=len(content)), [content])
        return
    path = sources[entry.source]
    if not os.path.isfile(path):
        raise ToolError(
            f"{label}: {entry.path}: {path} is not a regular file",
            "list the files of a directory one by one, or add them as a tar",
        )
    from tools.lib.elf.elf_file import parse_elf_file  # most parts are only text

    with open(path, "rb") as source:
        elf = parse_elf_file(source, f"{label}: {path}")
    writer.add(replace(header, size=os.stat(path).st_size), _read_chunks(path), elf)


def _read_chunks(path: str) -> Iterator[bytes]:
    with open(path, "rb") as source:
        while chunk := source.read(_CHUNK):
            yield chunk


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
