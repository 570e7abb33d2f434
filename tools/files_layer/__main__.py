"""files_layer: makes a part of a layer from files, directories and links of a BUILD file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tools.files_layer.spec import Entry, Spec, parse
from tools.lib import tarheader
from tools.lib.cli import Parser
from tools.lib.compress import KINDS
from tools.lib.errors import ToolError, run
from tools.lib.files import atomic_write, read_json, write_json
from tools.lib.part import PartWriter

_CHUNK = 1 << 20


def main(argv: Sequence[str]) -> int:
    parser = Parser("files_layer", "Makes a part of a layer from the entries of a spec.")
    parser.add_argument("--spec", required=True, help="JSON: label, mtime, entries, ...")
    parser.add_argument(
        "--source", action="append", default=[], help="a file that entries name by its index"
    )
    parser.add_argument("--run", required=True, help="output: the compressed tar entries")
    parser.add_argument("--metadata", required=True, help="output: part.json")
    parser.add_argument("--label", help="who made the part, in place of the spec's label")
    parser.add_argument("--compression", choices=KINDS, default="gzip")
    args = parser.parse_args(argv)

    spec = parse(read_json(args.spec), len(args.source))
    label = args.label or spec.label
    with atomic_write(args.run) as out:
        writer = PartWriter(out, args.compression)
        for entry in sorted(spec.entries, key=lambda entry: tarheader.encoded(entry.path)):
            writer.add(*_with_data(entry, spec, args.source, label))
        metadata = writer.close(
            label=label,
            architecture=spec.architecture,
            package=spec.package,
        )
        write_json(args.metadata, metadata)
    return 0


def _with_data(
    entry: Entry, spec: Spec, sources: Sequence[str], label: str
) -> tuple[tarheader.Entry, Iterable[bytes], dict[str, Any] | None]:
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
        from tools.lib import elf  # what is generated is text

        size, data = os.stat(path).st_size, _chunks(path)
        with open(path, "rb") as source:
            described = elf.describe_file(source)
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
