"""Mappings of a config with known keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from tools.lib.cli.errors import ToolError
from tools.lib.data.yaml_fields import Field

T = TypeVar("T")

# The name of Go's field differs from the key of YAML.
_JSON_KEYS = {"tty": "allocateTty"}


class Mapping:
    """A mapping of a config. Absent fields have a default.

    Args:
        field: the mapping.
        keys: the known ones; any other key is an error.
    """

    def __init__(self, field: Field, *keys: str) -> None:
        self._where = field.where
        self._fields = with_yaml_keys(field, keys).mapping(*keys)

    def get(self, key: str) -> Field | None:
        """A field, or None if it is absent."""
        return self._fields.get(key)

    def required(self, key: str) -> Field:
        """A field that must not be absent."""
        if key not in self._fields:
            raise ToolError(f"{self._where}: {key} is missing")
        return self._fields[key]

    def each(self, key: str, read: Callable[[Field], T]) -> tuple[T, ...]:
        """The items of a list, each read by `read`; empty if absent."""
        return self._fields[key].each(read) if key in self._fields else ()

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of strings; empty if absent."""
        return self.each(key, Field.string)

    def string(self, key: str) -> str:
        """A string; empty if absent."""
        return self._fields[key].string() if key in self._fields else ""

    def boolean(self, key: str, default: bool = False) -> bool:
        """A boolean."""
        return self._fields[key].boolean() if key in self._fields else default

    def integer(self, key: str, default: int) -> int:
        """An integer."""
        return self._fields[key].integer() if key in self._fields else default


def with_yaml_keys(field: Field, keys: Iterable[str]) -> Field:
    """A mapping with the keys of a YAML config, if it is of a JSON config.

    container-structure-test reads JSON keys in any case, by the names of Go's fields.
    """
    if not field.file.endswith(".json") or not isinstance(field.value, dict):
        return field
    known = {key.lower(): key for key in keys}
    known |= {name: key for name, key in _JSON_KEYS.items() if key in known.values()}
    value = {}
    for key, each in field.value.items():
        name = known.get(key.lower(), key)
        if name in value:
            raise ToolError(f"{field.where}: duplicate field {name!r}")
        value[name] = each
    return Field(field.file, field.path, value)
