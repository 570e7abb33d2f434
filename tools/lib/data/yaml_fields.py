"""Typed access to YAML and JSON documents that people write; errors name the field.

Scalars keep the text that was written: where a string is expected, `value: 1.10` is "1.10", as in
the YAML library of container-structure-test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import yaml

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import unique_keys

T = TypeVar("T")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


MAX_SIZE = 1 << 20
"""Bytes of a document. Each can cost 200 bytes of memory."""


class PlainScalar(str):
    """A number, boolean or date as it was written, without quotes."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Field:
    """A value and its position in a document.

    The methods return the value as the type that they are named for, or raise a ToolError.

    Attributes:
        file: path of the document, as errors name it.
        path: where the value is in the document: `sets.app[0]`; "" for the whole document.
        value: None, a PlainScalar, a str, a list, or a dict.
        names: what errors call the values at some paths, see `name_path`.
    """

    file: str
    path: str
    value: Any
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The file and the path in it, as errors name them: `app.yaml: sets.app[0]`."""
        return f"{self.file}: {name_path(self.path, self.names)}" if self.path else self.file

    def expected(self, what: str) -> ToolError:
        """The error to raise if the value is not `what`."""
        return ToolError(f"{self.where}: expected {what}, found {_describe(self.value)}")

    def mapping(self, *keys: str) -> dict[str, Field]:
        """The fields of a mapping that are not null; `keys` are the known ones."""
        if not isinstance(self.value, dict):
            raise self.expected("a mapping")
        for key in self.value:
            if key not in keys:
                raise ToolError(f"{self.where}: unknown field {key!r:.80}", _suggest(key, keys))
        return {
            key: replace(self, path=f"{self.path}.{key}" if self.path else key, value=value)
            for key, value in self.value.items()
            if value is not None
        }

    def items(self) -> list[Field]:
        """The items of a list."""
        if not isinstance(self.value, list):
            raise self.expected("a list")
        return [
            replace(self, path=f"{self.path}[{number}]", value=each)
            for number, each in enumerate(self.value)
        ]

    def each(self, parse: Callable[[Field], T]) -> tuple[T, ...]:
        """The items of a list, each parsed by `parse`."""
        return tuple(parse(item) for item in self.items())

    def string(self) -> str:
        """A string, which may be empty; a number, boolean or date as it was written."""
        if not isinstance(self.value, str):
            raise self.expected("a string")
        # No command takes them as arguments. In JSON and YAML they can be escaped: "\u0000".
        if "\0" in self.value or any("\ud800" <= char <= "\udfff" for char in self.value):
            raise self.expected("a string without NUL and lone surrogates")
        return str(self.value)

    def nonempty_string(self) -> str:
        """A string that is not empty."""
        if not self.value:
            raise self.expected("a non-empty string")
        return self.string()

    def strings(self) -> tuple[str, ...]:
        """A list of strings."""
        return self.each(Field.string)

    def integer(self) -> int:
        """An integer in decimal digits, without quotes."""
        # Without leading zeros: 010 is octal in YAML 1.1 and decimal in 1.2.
        if isinstance(self.value, PlainScalar) and _INTEGER.fullmatch(self.value):
            return int(self.value)
        raise self.expected("an integer")

    def boolean(self) -> bool:
        """true or false, or YAML 1.1's yes, no, on and off, without quotes."""
        value = self.value.lower() if isinstance(self.value, PlainScalar) else ""
        if value in ("true", "yes", "on"):
            return True
        if value in ("false", "no", "off"):
            return False
        raise self.expected("true or false")


def name_path(path: str, names: Mapping[str, str]) -> str:
    """What errors call a path.

    Args:
        path: a path in a document: `sets.app.packages[0]`.
        names: other names of paths, for documents that are made of something else:
            {"sets.app": "package_set 'app'"} makes this `package_set 'app': packages[0]`.
    """
    named = [each for each in names if path == each or path.startswith((f"{each}.", f"{each}["))]
    if not named:
        return path
    known = max(named, key=len)
    rest = path[len(known) :]
    return names[known] + (f": {rest[1:]}" if rest.startswith(".") else rest)


def load(data: bytes, file: str) -> Field:
    """Parses `data` as JSON if `file` ends in .json, else as YAML 1.1.

    Raises:
        ToolError: not well-formed, a duplicate key, nested too deeply, or larger than MAX_SIZE.
    """
    if len(data) > MAX_SIZE:
        raise ToolError(f"{file}: larger than {MAX_SIZE >> 20} MiB")
    try:
        if file.endswith(".json"):
            value = json.loads(
                data,
                parse_int=PlainScalar,
                parse_float=PlainScalar,
                parse_constant=PlainScalar,
                object_pairs_hook=unique_keys,
            )
            return Field(file, "", _plain_booleans(value))
        return Field(file, "", yaml.load(data, _Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        raise ToolError(f"{where}: not YAML: {_problem(error, data)}") from None
    except yaml.YAMLError as error:
        raise ToolError(f"{file}: not YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise ToolError(f"{file}: nested too deeply") from None
    except ValueError as error:
        raise ToolError(f"{file}: not JSON: {error}") from None


def _problem(error: yaml.MarkedYAMLError, data: bytes) -> str:
    """What PyYAML found, in clearer words where its own are hard to understand."""
    if error.problem == "but found another document":
        return "a second document, where one is allowed"
    if error.problem_mark and "cannot start any token" in str(error.problem):
        line = data.splitlines()[error.problem_mark.line : error.problem_mark.line + 1]
        if line and b"\t" in line[0][: error.problem_mark.column + 1]:
            return "a tab, where YAML allows only spaces"
    return str(error.problem)


class _Loader(_Base):  # type: ignore[misc]  # PyYAML is built with libyaml or without
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in keys:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"duplicate key {key.value!r:.80}", key.start_mark
                    )
                keys.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def _construct_plain(loader: Any, node: yaml.ScalarNode) -> PlainScalar:
    return PlainScalar(loader.construct_scalar(node))


for _tag in ("bool", "int", "float", "timestamp"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _construct_plain)


def _plain_booleans(value: Any) -> Any:
    match value:
        case bool():
            return PlainScalar(str(value).lower())
        case dict():
            return {key: _plain_booleans(each) for key, each in value.items()}
        case list():
            return [_plain_booleans(each) for each in value]
    return value


def _describe(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case PlainScalar():
            return f"{value:.60}"
        case str():
            return f"the string {value!r:.60}"
    return f"{value!r:.60}"


def _suggest(key: Any, keys: tuple[str, ...]) -> str:
    from difflib import get_close_matches  # slow to import, and needed for errors only

    near = get_close_matches(str(key)[:80], keys, 1)
    return f"did you mean {near[0]!r}?" if near else "known fields: " + ", ".join(keys)
