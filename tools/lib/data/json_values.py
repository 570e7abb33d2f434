"""JSON documents: read strictly, checked value by value.

`where` is how errors name a value: the file, then the path in the document
(`app.json: layers[2].size`). Every function raises a ToolError that starts with it.
"""

from __future__ import annotations

import json
import math

from tools.lib.cli.errors import ToolError
from tools.lib.cli.files import dump_json

Json = dict[str, object]
"""A JSON object."""

MAX_DOCUMENT = 4 << 20
"""Bytes of a document: what every registry accepts (distribution-spec 1.1, "Pushing manifests")."""

MAX_LARGE_DOCUMENT = 64 << 20
"""Bytes of a document that is stored as a blob."""


def read_document(path: str) -> bytes:
    """Reads a document of at most MAX_DOCUMENT bytes."""
    with open(path, "rb") as source:
        data = source.read(MAX_DOCUMENT + 1)
    if len(data) > MAX_DOCUMENT:
        raise ToolError(f"{path}: larger than {MAX_DOCUMENT >> 20} MiB")
    return data


def read_large_document(path: str) -> bytes:
    """Reads a document that is stored as a blob, such as an SBOM: at most MAX_LARGE_DOCUMENT."""
    with open(path, "rb") as source:
        data = source.read(MAX_LARGE_DOCUMENT + 1)
    if len(data) > MAX_LARGE_DOCUMENT:
        raise ToolError(f"{path}: larger than {MAX_LARGE_DOCUMENT >> 20} MiB")
    return data


def compact(value: Json) -> bytes:
    """Canonical JSON without a final newline, as other OCI tools write their documents."""
    data = dump_json(value).removesuffix(b"\n")
    try:
        data.decode()
    except UnicodeDecodeError:
        raise ToolError("a string is not UTF-8") from None
    return data


def parse_object(data: bytes, where: str, *, any_bytes: bool = False) -> Json:
    """Parses a document whose top-level value is an object.

    Strict where readers of JSON differ: duplicate keys, infinite numbers and lone surrogates are
    errors.

    Args:
        data: the document.
        where: names it in errors.
        any_bytes: whether strings may contain bytes that are not UTF-8, as `dump_json` writes names
            of archives. They are read as `surrogateescape` does.
    """
    errors = "surrogateescape" if any_bytes else "strict"
    try:
        value = json.loads(
            data.decode("utf-8", errors),
            parse_float=_parse_float,
            parse_constant=_parse_float,
            object_pairs_hook=unique_keys,
        )
        if rb"\u" in data:  # the only way to write a surrogate
            json.dumps(value, ensure_ascii=False).encode("utf-8", errors)
    except UnicodeEncodeError:
        raise ToolError(f"{where}: a string contains a lone surrogate") from None
    except (ValueError, RecursionError) as error:
        raise ToolError(f"{where}: not JSON: {error}") from None
    return require_object(value, where)


def unique_keys(pairs: list[tuple[str, object]]) -> Json:
    """The object of key-value pairs; a ValueError if a key is repeated (an `object_pairs_hook`)."""
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"duplicate key {key!r:.80}")
            seen.add(key)
    return value


def take(fields: Json, key: str) -> object:
    """Removes and returns the value of `key`.

    A null or empty value stays in `fields` and None is returned. What a reader leaves in `fields`,
    the writer can put back as it was.
    """
    return fields.pop(key) if fields.get(key) else None


def require_object(value: object, where: str) -> Json:
    """Requires an object."""
    if not isinstance(value, dict):
        raise _mismatch(value, where, "an object")
    return value


def require_list(value: object, where: str) -> list[object]:
    """Requires a list; its items can be of any type."""
    if not isinstance(value, list):
        raise _mismatch(value, where, "a list")
    return value


def require_string(value: object, where: str) -> str:
    """Requires a string, which may be empty."""
    if not isinstance(value, str):
        raise _mismatch(value, where, "a string")
    return value


def require_strings(value: object, where: str) -> list[str]:
    """Requires a list of strings."""
    return [
        require_string(item, f"{where}[{i}]") for i, item in enumerate(require_list(value, where))
    ]


def require_string_map(value: object, where: str) -> dict[str, str]:
    """Requires an object whose values are strings."""
    return {
        key: require_string(item, f"{where}[{key!r:.80}]")
        for key, item in require_object(value, where).items()
    }


def require_int(value: object, where: str, most: int) -> int:
    """Requires an integer from 0 to `most`."""
    if type(value) is not int or not 0 <= value <= most:
        raise _mismatch(value, where, f"an integer from 0 to {most}")
    return value


def require_bool(value: object, where: str) -> bool:
    """Requires true or false."""
    if not isinstance(value, bool):
        raise _mismatch(value, where, "true or false")
    return value


def _mismatch(value: object, where: str, expected: str) -> ToolError:
    if value is None:
        return ToolError(f"{where}: missing, must be {expected}")
    return ToolError(f"{where}: must be {expected}, not {_describe(value)}")


def _describe(value: object) -> str:
    # Of objects and lists only the type: their repr can be long, or nested too deep.
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "an object"
        case list():
            return "a list"
    return f"{value!r:.80}"


def _parse_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"invalid number {text:.80}")
    return value
