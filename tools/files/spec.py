"""The entries that a BUILD file declares, as Starlark's JSON has them, read and checked."""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple, cast

from tools.lib.archive.tar_entry import MAX_TIME, path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import require_int, require_list, require_object, require_string
from tools.lib.debian.package import BinaryPackage
from tools.lib.rootfs.links import target_of

Kind = Literal["file", "directory", "symlink"]

_FIELDS = {
    "file": {"path", "type", "mode", "uid", "gid", "content", "source"},
    "directory": {"path", "type", "mode", "uid", "gid"},
    "symlink": {"path", "type", "mode", "uid", "gid", "link"},
}
# What ustar's octal field holds; Linux's own limit is 32 bits.
_MAX_ID = 2**32 - 2


class Entry(NamedTuple):
    """One file, directory or symlink.

    `content` is the bytes of a file, or the index of a source file that holds them. `path` has no
    slash at either end.
    """

    path: str
    type: Kind
    mode: int
    uid: int
    gid: int
    content: bytes | int
    link: str


class Spec(NamedTuple):
    """All that a generated part is made of, less the source files."""

    architecture: str | None
    mtime: int
    package: BinaryPackage | None
    entries: list[Entry]


def parse(value: object, label: str, sources: int) -> Spec:
    """Reads a spec: `{"architecture", "mtime", "package", "entries": [...]}`.

    Args:
        value: the parsed JSON.
        label: who makes the part, for errors.
        sources: how many source files there are.

    Raises:
        ToolError: a field that is missing, unknown or of a wrong form, a path or a link out of
            the root, or a path twice. It names the label and the path.
    """
    fields = _fields(value, f"{label}: spec", {"architecture", "mtime", "package", "entries"})
    architecture = fields.get("architecture")
    listed = require_list(fields.get("entries"), f"{label}: entries")
    entries = [
        _entry(each, f"{label}: entries[{index}]", sources) for index, each in enumerate(listed)
    ]
    _check_paths(label, entries)
    package = fields.get("package")
    return Spec(
        None if architecture is None else _text(architecture, f"{label}: architecture"),
        require_int(fields.get("mtime"), f"{label}: mtime", MAX_TIME),
        None if package is None else _package(package, f"{label}: package"),
        entries,
    )


def _package(value: object, where: str) -> BinaryPackage:
    known = {"name", "version", "architecture", "source"}
    fields = _fields(value, where, known, known)
    return BinaryPackage(**{key: _text(fields[key], f"{where}: {key}") for key in fields})


def _entry(value: object, where: str, sources: int) -> Entry:
    fields = _fields(value, where, _FIELDS["file"] | _FIELDS["symlink"])
    path = _path(fields.get("path"), where)
    where = f"{where.partition(': entries')[0]}: {path}"
    kind = fields.get("type")
    if not isinstance(kind, str) or kind not in _FIELDS:
        raise ToolError(f"{where}: type: {kind!r:.80} is none of {', '.join(_FIELDS)}")
    if unfit := sorted(fields.keys() - _FIELDS[kind]):
        raise ToolError(f"{where}: {unfit[0]}: not for a {kind}")
    mode = fields.get("mode")
    if not isinstance(mode, str) or not re.fullmatch("[0-7]{3,5}", mode) or int(mode, 8) > 0o7777:
        raise ToolError(f"{where}: mode: {mode!r:.80} is no octal mode", 'write it as "0644"')
    return Entry(
        path,
        cast(Kind, kind),
        int(mode, 8),
        require_int(fields.get("uid"), f"{where}: uid", _MAX_ID),
        require_int(fields.get("gid"), f"{where}: gid", _MAX_ID),
        _content(fields, where, sources) if kind == "file" else b"",
        _link(fields.get("link"), path, f"{where}: link") if kind == "symlink" else "",
    )


def _content(fields: dict[str, Any], where: str, sources: int) -> bytes | int:
    if ("content" in fields) == ("source" in fields):
        raise ToolError(f"{where}: a file has either content or source")
    if "content" in fields:
        return _encoded(require_string(fields["content"], f"{where}: content"), f"{where}: content")
    source = require_int(fields["source"], f"{where}: source", 2**31)
    if source >= sources:
        raise ToolError(f"{where}: source: {source} of {sources} source files (counted from 0)")
    return source


def _path(value: object, where: str) -> str:
    text = _text(value, f"{where}: path")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise ToolError(f"{where}: path: {text:.80} leads upwards", "write the path without ..")
    if not parts:
        raise ToolError(f"{where}: path: {text:.80} is the root itself")
    if any(part.startswith(".wh.") for part in parts):
        raise ToolError(f"{where}: path: {text:.80}: layers have another meaning for such a name")
    return "/".join(parts)


def _link(value: object, path: str, where: str) -> str:
    link = _text(value, where)
    if target_of(path, link) is None:
        raise ToolError(f"{where}: {link:.80} leads out of the image", "write fewer ..")
    return link


def _check_paths(label: str, entries: list[Entry]) -> None:
    kinds: dict[str, Kind] = {}
    for entry in entries:
        if entry.path in kinds:
            raise ToolError(f"{label}: {entry.path}: declared twice")
        kinds[entry.path] = entry.type
    for path in kinds:
        parent = path.rpartition("/")[0]
        while parent:
            if kinds.get(parent, "directory") != "directory":
                raise ToolError(f"{label}: {path}: lies below {parent}, a {kinds[parent]}")
            parent = parent.rpartition("/")[0]


def _fields(
    value: object, where: str, known: set[str], required: set[str] | None = None
) -> dict[str, Any]:
    fields = require_object(value, where)
    for missing in sorted((required or set()) - fields.keys()):
        raise ToolError(f"{where}: {missing}: missing")
    for unknown in sorted(fields.keys() - known):
        raise ToolError(f"{where}: {unknown}: unknown field", f"known: {', '.join(sorted(known))}")
    return fields


def _text(value: object, where: str) -> str:
    text = require_string(value, where)
    if not text or "\0" in text:
        raise ToolError(f"{where}: {text!r:.80}, empty or with a NUL")
    _encoded(text, where)
    return text


def _encoded(text: str, where: str) -> bytes:
    try:
        return path_bytes(text)
    except UnicodeEncodeError:
        raise ToolError(f"{where}: half a surrogate pair: UTF-8 cannot hold it") from None
