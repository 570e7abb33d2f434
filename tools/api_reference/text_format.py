"""Reads protocol buffers in their text format, as Bazel's starlark_doc_extract writes them.

The format is https://protobuf.dev/reference/protobuf/textformat-spec, less what Bazel's printer
does not write: comments, lists in brackets, extensions. The text names its fields and enum values,
so no schema is needed. A library would need one, and the numbers of Bazel's fields with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tools.lib.cli.errors import ToolError

_TOKEN = re.compile(r'\s*(?:(?P<name>[\w.+-]+)|(?P<text>"(?:[^"\\\n]|\\.)*")|(?P<mark>[:{}]))')
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)")
_CHARACTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}


@dataclass(frozen=True, slots=True)
class Message:
    """The fields of a message, in the order of the text."""

    scalars: dict[str, str] = field(default_factory=dict)
    """Name to value, without quotes. No scalar that we read is repeated."""
    messages: dict[str, list[Message]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The value of a scalar; "" if it is not set."""
        return self.scalars.get(name, "")

    def flag(self, name: str) -> bool:
        return self.text(name) == "true"

    def all(self, name: str) -> list[Message]:
        return self.messages.get(name, [])


def read_message(text: str, path: str) -> Message:
    """Reads a whole text.

    Args:
        text: the text.
        path: where it is from, for errors.

    Raises:
        ToolError: the text is not in text format.
    """
    return _read_fields(_tokens(text, path), "", path)


def _tokens(text: str, path: str) -> Iterator[tuple[str, str]]:
    """Kind and text of each token, then an empty one."""
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if not match:
            line = text.count("\n", 0, position) + 1
            raise ToolError(f"{path}: line {line}: not in protocol buffers' text format")
        position = match.end()
        yield match.lastgroup or "", match[match.lastgroup or 0]
    yield "end", ""


def _read_fields(tokens: Iterator[tuple[str, str]], end: str, path: str) -> Message:
    message = Message()
    for kind, name in tokens:
        if name == end and kind != "text":
            return message
        if kind == "end":
            break
        mark = next(tokens)[1] if kind == "name" else ""
        if mark == "{":
            message.messages.setdefault(name, []).append(_read_fields(tokens, "}", path))
        elif mark == ":":
            value_kind, value = next(tokens)
            if value_kind not in ("name", "text"):
                raise ToolError(f"{path}: {name}: expected a value, found {value!r}")
            message.scalars[name] = _unquote(value) if value_kind == "text" else value
        else:
            raise ToolError(f"{path}: expected a field, found {name!r}")
    raise ToolError(f"{path}: the text ends within a message")


def _unquote(text: str) -> str:
    """The value of a quoted string. Escapes in octal are bytes of UTF-8."""

    def replace(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code, 8)]) if code.isdigit() else _CHARACTERS.get(code, code)

    return _ESCAPE.sub(replace, text[1:-1].encode()).decode()
