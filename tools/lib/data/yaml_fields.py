"""Typed access to a YAML or JSON document; every fault is told with its place in the file.

Scalars keep the text that was written, so that `value: 1.10` in a place for text is "1.10", as the
YAML library of container-structure-test has it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

import yaml

from tools.lib.cli.errors import ToolError

T = TypeVar("T")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Plain(str):
    """A number, a boolean or a date as it was written, without quotes."""

    __slots__ = ()


class Field:
    """A value and where it stands.

    The methods raise ToolError when the value is not what the method is named for.
    """

    __slots__ = ("file", "path", "value")

    def __init__(self, file: str, path: str, value: Any) -> None:
        self.file = file
        self.path = path
        self.value = value

    @property
    def place(self) -> str:
        """The file and the path in it, as errors name them: `app.yaml: sets.app[0]`."""
        return f"{self.file}: {self.path}" if self.path else self.file

    def expected(self, what: str) -> ToolError:
        """The error to raise when the value is not `what`."""
        return ToolError(f"{self.place}: expected {what}, found {_describe(self.value)}")

    def mapping(self, *keys: str) -> dict[str, Field]:
        """The fields that are set; a key that is not among `keys` is an error."""
        if not isinstance(self.value, dict):
            raise self.expected("a mapping")
        for key in self.value:
            if key not in keys:
                raise ToolError(f"{self.place}: unknown key {key!r}", _did_you_mean(key, keys))
        return {
            key: Field(self.file, f"{self.path}.{key}" if self.path else key, value)
            for key, value in self.value.items()
            if value is not None
        }

    def items(self) -> list[Field]:
        """The items of a list."""
        if not isinstance(self.value, list):
            raise self.expected("a list")
        return [
            Field(self.file, f"{self.path}[{number}]", each)
            for number, each in enumerate(self.value)
        ]

    def each(self, parse: Callable[[Field], T]) -> tuple[T, ...]:
        """What `parse` makes of each item of a list."""
        return tuple(parse(item) for item in self.items())

    def string(self) -> str:
        """A text as it was written, a number or a date too; it may be empty."""
        if not isinstance(self.value, str):
            raise self.expected("text")
        # Neither can be part of a command, and JSON's \\u can write both.
        if "\0" in self.value or any("\ud800" <= char <= "\udfff" for char in self.value):
            raise self.expected("text without NUL and halves of surrogate pairs")
        return str(self.value)

    def nonempty_string(self) -> str:
        """A text that is not empty."""
        if not self.value:
            raise self.expected("text that is not empty")
        return self.string()

    def strings(self) -> tuple[str, ...]:
        """The texts of a list."""
        return self.each(Field.string)

    def integer(self) -> int:
        """A whole number in decimal digits, without quotes."""
        # No others: what begins with 0 is octal in YAML 1.1, and decimal in 1.2.
        if isinstance(self.value, Plain) and _INTEGER.fullmatch(self.value):
            return int(self.value)
        raise self.expected("an integer")

    def boolean(self) -> bool:
        """true or false, or YAML 1.1's yes, no, on and off, without quotes."""
        value = self.value.lower() if isinstance(self.value, Plain) else ""
        if value in ("true", "yes", "on"):
            return True
        if value in ("false", "no", "off"):
            return False
        raise self.expected("true or false")


def load(data: bytes, file: str) -> Field:
    """Parses `data` as JSON if `file` ends so, else as YAML 1.1."""
    try:
        if file.endswith(".json"):
            value = json.loads(
                data,
                parse_int=Plain,
                parse_float=Plain,
                parse_constant=Plain,
                object_pairs_hook=_unique,
            )
            return Field(file, "", _plain_booleans(value))
        return Field(file, "", yaml.load(data, _Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        raise ToolError(f"{place}: not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ToolError(f"{file}: not YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise ToolError(f"{file}: nested too deep") from None
    except ValueError as error:
        raise ToolError(f"{file}: not JSON: {error}") from None


class _Loader(_Base):  # type: ignore[misc]  # one of two classes, by how PyYAML was built
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in keys:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key.value!r} is there twice", key.start_mark
                    )
                keys.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def _construct_plain(loader: Any, node: yaml.ScalarNode) -> Plain:
    return Plain(loader.construct_scalar(node))


for _tag in ("bool", "int", "float", "timestamp"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _construct_plain)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    return value


def _plain_booleans(value: Any) -> Any:
    match value:
        case bool():
            return Plain(str(value).lower())
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
        case Plain():
            return str(value)
        case str():
            return f"the text {value!r:.60}"
    return f"{value!r:.60}"


def _did_you_mean(key: Any, keys: tuple[str, ...]) -> str:
    from difflib import get_close_matches  # Only for errors.

    near = get_close_matches(str(key), keys, 1)
    return f"did you mean {near[0]!r}?" if near else "known are: " + ", ".join(keys)
