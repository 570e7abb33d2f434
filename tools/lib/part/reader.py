"""Reads part.json (docs/formats.md, "Part"), as far as merging and listing use it."""

from __future__ import annotations

import re
from typing import Any

from tools.lib.archive.tar_entry import MAX_TIME
from tools.lib.cli.errors import ToolError
from tools.lib.cli.files import read_json
from tools.lib.data.json_values import (
    require_int,
    require_list,
    require_object,
    require_string,
    require_strings,
)
from tools.lib.part.part import VERSION, Part

_MAX = 2**63 - 1
_MODE = re.compile("[0-7]{4}")
_TYPES = ("file", "symlink", "hardlink", "char", "block", "fifo")


def read(path: str) -> Part:
    """The part that the file at `path` describes, its shape checked.

    Raises:
        ToolError: not a part, or of a version that is not known here.
    """
    part = require_object(read_json(path), path)
    if part.get("version") != VERSION:
        raise ToolError(f"{path}: version {part.get('version')!r:.80} of a part is not known")
    require_string(part.get("label"), f"{path}: label")
    if part.get("architecture") is not None:
        require_string(part["architecture"], f"{path}: architecture")
    if part.get("package") is not None:
        _texts(part["package"], f"{path}: package", "name", "version")
    run = _texts(part.get("run"), f"{path}: run", "compression", "sha256")
    for key in ("size", "uncompressed_size"):
        require_int(run.get(key), f"{path}: run.{key}", _MAX)
    for kind in ("directories", "entries"):
        for index, each in enumerate(require_list(part.get(kind), f"{path}: {kind}")):
            _check_entry(each, f"{path}: {kind}[{index}]", kind == "directories")
    require_strings(part.get("replaces") or [], f"{path}: replaces")
    return {"architecture": None, "package": None, "replaces": [], **part}


def _check_entry(value: object, where: str, is_directory: bool) -> None:
    entry = _texts(value, where, "path", "mode")
    if not _MODE.fullmatch(entry["mode"]):
        raise ToolError(f"{where}.mode: {entry['mode']!r:.80} is no octal mode")
    for key, most in (("uid", _MAX), ("gid", _MAX), ("mtime", MAX_TIME)):
        require_int(entry.get(key), f"{where}.{key}", most)
    if is_directory:
        return
    kind = entry.get("type")
    if kind not in _TYPES:
        raise ToolError(f"{where}.type: {kind!r:.80} is none of {', '.join(_TYPES)}")
    if kind == "file":
        _texts(entry, where, "sha256", *(["text"] if "text" in entry else []))
        libraries = f"{where}.libraries"
        for name, paths in require_object(entry.get("libraries", {}), libraries).items():
            require_strings(paths, f"{libraries}[{name!r:.80}]")
    elif kind in ("symlink", "hardlink"):
        _texts(entry, where, "link")


def _texts(value: object, where: str, *keys: str) -> dict[str, Any]:
    fields = require_object(value, where)
    for key in keys:
        require_string(fields.get(key), f"{where}.{key}")
    return fields
