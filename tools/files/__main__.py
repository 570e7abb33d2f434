"""files: makes a part of the files, directories and symlinks that a spec describes."""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import IO, NamedTuple

from tools.files.spec import FilesSpec, SpecEntry, check_paths, parse_link, parse_spec
from tools.files.tree import follow_staging, walk_tree
from tools.lib.archive.path_patterns import compile_patterns
from tools.lib.archive.tar_entry import EntryType, TarEntry, path_bytes
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.data.json_values import parse_object, read_document
from tools.lib.elf.elf_file import ElfInfo
from tools.lib.part.output import add_flags, part_writer
from tools.lib.part.part_writer import PartWriter

_CHUNK = 1 << 20
_PROGRAM, _DATA, _DIRECTORY = 0o755, 0o644, 0o755


class _PlacedEntry(NamedTuple):
    """An entry that is not a tree, and the file that has its content."""

    spec: SpecEntry
    source: str | None


def main(argv: Sequence[str]) -> int:
    parser = Parser("files", "Makes a part of files, directories and symlinks.")
    parser.add_argument("--spec", required=True, help="spec.json, which describes the entries")
    parser.add_argument(
        "--source",
        action="append",
        default=[],
        help="a file or directory whose content an entry has; entries refer to it by its index",
    )
    add_flags(parser)
    args = parser.parse_args(argv)

    document = parse_object(read_document(args.spec), args.spec, any_bytes=True)
    spec = parse_spec(document, args.label, len(args.source))
    placed = [each for entry in spec.entries for each in _place(entry, args.source, args.label)]
    placed = _keep_links(placed)
    check_paths(args.label, [each.spec for each in placed])
    modes = _Modes(spec, args.label)
    with part_writer(args) as writer:
        for each in sorted(placed, key=lambda each: path_bytes(each.spec.path)):
            _write(each, modes, spec.mtime, args.label, writer)
        modes.check_used()
        writer.close(
            label=args.label,
            architecture=spec.architecture,
            package=None,
            replaces=spec.replaces,
        )
    return 0


def _place(entry: SpecEntry, sources: Sequence[str], label: str) -> Iterator[_PlacedEntry]:
    """The entry with its source; for a tree, its entries."""
    source = None if entry.source is None else sources[entry.source]
    if source is None:
        yield _PlacedEntry(entry, None)
    elif entry.type == "tree":
        if not os.path.isdir(source):
            raise ToolError(f"{label}: {entry.path}: {source} is not a directory")
        for each in walk_tree(source, label):
            path = f"{entry.path}/{each.path}".lstrip("/")
            mode = entry.mode
            if each.type == "directory":
                mode = _DIRECTORY
            elif each.type == "symlink":
                mode = 0o777
                parse_link(each.link, path, f"{label}: {path}")
            placed = replace(
                entry, path=path, type=each.type, mode=mode, link=each.link, source=None
            )
            yield _PlacedEntry(placed, each.source or None)
    else:
        yield _PlacedEntry(entry, source)


def _keep_links(placed: Sequence[_PlacedEntry]) -> list[_PlacedEntry]:
    """The entries, with symlinks for sources that are symlinks to others of the entries.

    A symlink to anything else stands for the file that it leads to, if there is one.
    """
    paths: set[str] = set()
    for each in placed:
        path = each.spec.path
        while path and path not in paths:
            paths.add(path)
            path = posixpath.dirname(path)
    kept: list[_PlacedEntry] = []
    for each in placed:
        if each.source is not None and os.path.islink(each.source):
            path = each.spec.path
            source, link = follow_staging(each.source, path)
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
            if link and (target in paths or not os.path.exists(source)):
                spec = replace(each.spec, type="symlink", link=link, source=None)
                kept.append(_PlacedEntry(spec, None))
                continue
        kept.append(each)
    return kept


class _Modes:
    """The modes of files: by pattern, as the entry says, or by content."""

    def __init__(self, spec: FilesSpec, label: str) -> None:
        self._label = label
        self._rules = [
            (pattern, compile_patterns([pattern], f"{label}: modes"), mode)
            for pattern, mode in spec.modes
        ]
        self._used: set[str] = set()

    def of(self, entry: SpecEntry, elf: ElfInfo | None, start: bytes) -> int:
        mode = entry.mode
        if entry.type == "symlink":
            return 0o777
        if entry.type == "file":
            for pattern, regex, pattern_mode in self._rules:
                if regex.match(entry.path):
                    self._used.add(pattern)
                    mode = pattern_mode
        if mode is None:
            mode = _PROGRAM if _is_program(elf, start) else _DATA
        return mode

    def check_used(self) -> None:
        """Raises a ToolError for a pattern that matched no file: a typo would go unnoticed."""
        for pattern, _, _ in self._rules:
            if pattern not in self._used:
                raise ToolError(
                    f"{self._label}: modes: '/{pattern}' matches no file", "correct or remove it"
                )


def _is_program(elf: ElfInfo | None, start: bytes) -> bool:
    """Whether a file can be executed: a script, or an ELF file that is not a library.

    Bazel does not track execute bits of source files, and sets those of all others.
    """
    if elf is None:
        return start.startswith(b"#!")
    is_static_pie = elf.soname is None and not elf.needed
    return elf.type == "exec" or elf.interpreter is not None or is_static_pie


def _write(placed: _PlacedEntry, modes: _Modes, mtime: int, label: str, writer: PartWriter) -> None:
    entry = placed.spec
    assert entry.type != "tree"
    kind: EntryType = entry.type
    header = TarEntry(entry.path, kind, 0, entry.uid, entry.gid, mtime, link=entry.link)
    if placed.source is None:
        content = entry.content or b""
        mode = modes.of(entry, None, content)
        writer.add(replace(header, mode=mode, size=len(content)), [content])
        return
    path = placed.source
    if not os.path.isfile(path):
        raise ToolError(
            f"{label}: {entry.path}: {path} is not a regular file",
            "to add a directory, give its target in `srcs`, not a file name below it",
        )
    from tools.lib.elf.elf_file import parse_elf_file  # most parts are only text

    with open(path, "rb") as source:
        elf = parse_elf_file(source, f"{label}: {path}")
        mode = modes.of(entry, elf, _start(source))
    size = os.stat(path).st_size
    writer.add(replace(header, mode=mode, size=size), _read_chunks(path), elf)


def _start(source: IO[bytes]) -> bytes:
    source.seek(0)
    return source.read(2)


def _read_chunks(path: str) -> Iterator[bytes]:
    with open(path, "rb") as source:
        while chunk := source.read(_CHUNK):
            yield chunk


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
