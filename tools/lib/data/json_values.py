"""JSON documents from elsewhere: bounded in size, and each fault told with its place.

A `where` is the file and the path within it, as errors name it: `app.json: layers[2].size`.
"""

from __future__ import annotations

import json
from typing import Any

from tools.lib.cli.errors import ToolError
from tools.lib.cli.files import dump_json

Json = dict[str, Any]

# What registries take at least and many at most (distribution-spec 1.1, "Pushing manifests").
MAX_DOCUMENT = 4 << 20


def read_document(path: str) -> bytes:
    """The bytes of a JSON document; a ToolError if it is larger than registries take."""
    with open(path, "rb") as source:
        data = source.read(MAX_DOCUMENT + 1)
    if len(data) > MAX_DOCUMENT:
        raise ToolError(f"{path}: larger than {MAX_DOCUMENT >> 20} MiB, which no such document is")
    return data


def compact(value: Json) -> bytes:
    """Canonical JSON without the final newline, as other tools of OCI write their documents."""
    try:
        return dump_json(value).removesuffix(b"\n")
    except UnicodeEncodeError:
        raise ToolError("half a surrogate pair in a text: UTF-8 cannot hold it") from None


def parse_object(data: bytes, where: str) -> Json:
    """The outermost object of a document."""
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ToolError(f"{where}: not JSON: {error}") from None
    return require_object(value, where)


def require_object(value: object, where: str) -> Json:
    """The value as an object; like its fellows it raises a ToolError at `where` if it is none."""
    if not isinstance(value, dict):
        raise ToolError(f"{where}: {_found(value)}, not an object")
    return value


def require_list(value: object, where: str) -> list[Any]:
    """The value as a list, of anything."""
    if not isinstance(value, list):
        raise ToolError(f"{where}: {_found(value)}, not a list")
    return value


def require_string(value: object, where: str) -> str:
    """The value as a text, empty ones too."""
    if not isinstance(value, str):
        raise ToolError(f"{where}: {_found(value)}, not a text")
    return value


def require_strings(value: object, where: str) -> list[str]:
    """The value as a list of texts."""
    return [
        require_string(item, f"{where}[{i}]") for i, item in enumerate(require_list(value, where))
    ]


def require_string_map(value: object, where: str) -> dict[str, str]:
    """The value as an object whose values are texts."""
    return {
        key: require_string(item, f"{where}[{key!r}]")
        for key, item in require_object(value, where).items()
    }


def require_int(value: object, where: str, most: int) -> int:
    """A whole number from 0 to `most`."""
    if type(value) is not int or not 0 <= value <= most:
        raise ToolError(f"{where}: {_found(value)}, not a whole number from 0 to {most}")
    return value


def _found(value: object) -> str:
    return "missing" if value is None else f"{value!r:.80}"


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
