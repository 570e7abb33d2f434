"""Reads spec.json, in which a rule describes a part that is generated from a BUILD file.

The writer is `make_files_part` in rules/private. The format:

    {
      "version": 1,
      "architecture": null,     OCI's name, null for files that fit every architecture
      "mtime": 1735689600,      the time of all entries, in seconds since 1970
      "entries": [
        {"path": "etc/x", "type": "file", "mode": "0644", "uid": 0, "gid": 0, "content": "text"},
        {"path": "opt/y", "type": "file", ..., "source": 0},
        {"path": "srv", "type": "directory", "mode": "0755", ...},
        {"path": "usr/z", "type": "symlink", ..., "link": "../opt/y"},
        {"path": "app", "type": "tree", ..., "source": 1}
      ],
      "modes": [["app/bin", "0755"]],   modes by pattern; the last pattern that matches counts
      "replaces": ["etc/x"]             paths that may replace those of a layer below
    }

`source` is an index into the source files that the tool is given: a file, for a `tree` a directory.
`mode` may be null for files of a source and for trees:
the file's content decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from tools.lib.archive.limits import MAX_LINK, MAX_OWNER
from tools.lib.archive.tar_entry import MAX_TIME, path_bytes
from tools.lib.archive.tar_member import relative
from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    Json,
    require_int,
    require_list,
    require_object,
    require_string,
    require_strings,
)
from tools.lib.rootfs.links import target_of

VERSION = 1

SpecType = Literal["file", "directory", "symlink", "tree"]

_FIELDS = frozenset(("version", "architecture", "mtime", "entries", "modes", "replaces"))
_COMMON_FIELDS = frozenset(("path", "type", "mode", "uid", "gid"))
_OWN_FIELDS: dict[SpecType, frozenset[str]] = {
    "file": frozenset(("content", "source")),
    "directory": frozenset(),
    "symlink": frozenset(("link",)),
    "tree": frozenset(("source",)),
}
_MODE = re.compile("[0-7]{3,5}")
_MAX_SOURCES = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecEntry:
    """A file, directory or symlink, or a tree of them.

    `path` has no slash at either end; only a tree's may be empty. A file has either `content` or
    `source`, the index of the source file that has its content. `link` is a symlink's target. A
    tree has `source`, the index of a directory. `mode` is None if the content of the source
    decides.
    """

    path: str
    type: SpecType
    mode: int | None
    uid: int
    gid: int
    content: bytes | None = None
    source: int | None = None
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesSpec:
    """What a part is generated from.

    `architecture` is OCI's name, None for files that fit every architecture; `mtime` is the time
    of all entries, in seconds since 1970. `modes` are patterns (tools/lib/archive/path_patterns.py)
    and the modes of the files that they match. `replaces` are paths that may replace those of a
    layer below.
    """

    architecture: str | None
    mtime: int
    entries: tuple[SpecEntry, ...]
    modes: tuple[tuple[str, int], ...] = ()
    replaces: tuple[str, ...] = ()


def parse_spec(value: object, label: str, sources: int) -> FilesSpec:
    """Reads a spec from its JSON.

    Args:
        value: the parsed JSON.
        label: the target that the part is made for, for errors.
        sources: how many source files there are.

    Raises:
        ToolError: a field is missing, unknown or invalid, a path or link leads out of the image,
            or two entries exclude each other. The error names the label and the path.
    """
    fields = require_object(value, f"{label}: spec")
    _check_known(fields, _FIELDS, f"{label}: spec")
    if fields.get("version") != VERSION:
        raise ToolError(f"{label}: spec: unknown version {fields.get('version')!r:.80}")
    architecture = fields.get("architecture")
    entries = tuple(
        _parse_entry(each, label, f"{label}: entries[{index}]", sources)
        for index, each in enumerate(require_list(fields.get("entries"), f"{label}: entries"))
    )
    check_paths(label, [entry for entry in entries if entry.type != "tree"])
    return FilesSpec(
        architecture=None
        if architecture is None
        else _nonempty(architecture, f"{label}: architecture"),
        mtime=require_int(fields.get("mtime"), f"{label}: mtime", MAX_TIME),
        entries=entries,
        modes=tuple(
            _parse_mode_rule(each, f"{label}: modes")
            for each in require_list(fields.get("modes", []), f"{label}: modes")
        ),
        replaces=tuple(
            _parse_path(each, f"{label}: replaces")
            for each in require_list(fields.get("replaces", []), f"{label}: replaces")
        ),
    )


def _parse_mode_rule(value: object, where: str) -> tuple[str, int]:
    pattern, mode = require_strings(value, where)
    return pattern, _parse_mode(mode, f"{where}: {pattern}")


def _parse_entry(value: object, label: str, where: str, sources: int) -> SpecEntry:
    fields = require_object(value, where)
    entry_type = fields.get("type")
    path = _parse_path(fields.get("path"), f"{where}: path", may_be_root=entry_type == "tree")
    where = f"{label}: {path}"
    if entry_type not in get_args(SpecType):
        raise ToolError(
            f"{where}: invalid type {entry_type!r:.80}",
            f"must be one of {', '.join(get_args(SpecType))}",
        )
    entry_type = cast(SpecType, entry_type)
    _check_known(fields, _COMMON_FIELDS | _OWN_FIELDS[entry_type], where)
    content, source = None, None
    link = ""
    if entry_type == "file":
        content, source = _parse_content(fields, where, sources)
    elif entry_type == "tree":
        source = _parse_source(fields.get("source"), where, sources)
    elif entry_type == "symlink":
        link = parse_link(fields.get("link"), path, where)
    by_content = source is not None and fields.get("mode") is None
    return SpecEntry(
        path=path,
        type=entry_type,
        mode=None if by_content else _parse_mode(fields.get("mode"), where),
        uid=require_int(fields.get("uid"), f"{where}: uid", MAX_OWNER),
        gid=require_int(fields.get("gid"), f"{where}: gid", MAX_OWNER),
        content=content,
        source=source,
        link=link,
    )


def _parse_mode(value: object, where: str) -> int:
    if not isinstance(value, str) or not _MODE.fullmatch(value) or int(value, 8) > 0o7777:
        raise ToolError(f"{where}: invalid octal mode {value!r:.80}", 'write it as "0644"')
    return int(value, 8)


def _parse_content(fields: Json, where: str, sources: int) -> tuple[bytes | None, int | None]:
    """The content of a file, or the index of its source."""
    if ("content" in fields) == ("source" in fields):
        raise ToolError(f"{where}: a file must have either content or source")
    if "content" in fields:
        return _encode(require_string(fields["content"], f"{where}: content"), where), None
    return None, _parse_source(fields["source"], where, sources)


def _parse_source(value: object, where: str, sources: int) -> int:
    source = require_int(value, f"{where}: source", _MAX_SOURCES)
    if source >= sources:
        raise ToolError(f"{where}: source {source} does not exist, there are {sources} files")
    return source


def _parse_path(value: object, where: str, *, may_be_root: bool = False) -> str:
    text = _nonempty(value, where)
    with error_context(where):
        path = relative(path_bytes(text))
    if not path and not may_be_root:
        raise ToolError(f"{where}: {text!r:.80} is the root directory")
    if any(name.startswith(".wh.") for name in path.split("/")):
        raise ToolError(f"{where}: {text!r:.80} would be a whiteout, which deletes a file")
    return path


def parse_link(value: object, path: str, where: str) -> str:
    """Checks the target of a symlink at `path`.

    Raises:
        ToolError: it is empty, too long, or leads out of the image.
    """
    link = _nonempty(value, f"{where}: link")
    if target_of(path, link) is None:
        raise ToolError(f"{where}: link {link!r:.80} leads out of the image", "remove a '..'")
    if len(path_bytes(link)) > MAX_LINK:
        raise ToolError(f"{where}: link {link!r:.80} has more than {MAX_LINK} bytes")
    return link


def check_paths(label: str, entries: Sequence[SpecEntry]) -> None:
    """Checks that entries do not exclude each other.

    Raises:
        ToolError: two entries have one path, or one is below another that is not a directory.
    """
    types: dict[str, SpecType] = {}
    for entry in entries:
        if entry.path in types:
            raise ToolError(f"{label}: {entry.path}: duplicate entry")
        types[entry.path] = entry.type
    for path in types:
        parent = path.rpartition("/")[0]
        while parent:
            if types.get(parent, "directory") != "directory":
                raise ToolError(f"{label}: {path}: its parent {parent} is a {types[parent]}")
            parent = parent.rpartition("/")[0]


def _check_known(fields: Json, known: frozenset[str], where: str) -> None:
    for name in sorted(fields.keys() - known):
        raise ToolError(
            f"{where}: unknown field {name!r:.80}", f"known: {', '.join(sorted(known))}"
        )


def _nonempty(value: object, where: str) -> str:
    text = require_string(value, where)
    if not text or "\0" in text:
        raise ToolError(f"{where}: {text!r:.80} is empty or contains NUL")
    _encode(text, where)
    return text


def _encode(text: str, where: str) -> bytes:
    try:
        return path_bytes(text)
    except UnicodeEncodeError:
        raise ToolError(f"{where}: unpaired surrogate, which UTF-8 cannot encode") from None
