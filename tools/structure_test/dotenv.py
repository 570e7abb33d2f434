"""Reads environment files as container-structure-test does, with godotenv 1.5.

Source of the format: parser.go of https://github.com/joho/godotenv. A statement is `NAME=VALUE` or
`NAME: VALUE`, after an optional `export`. An unquoted value ends at ` #` or at the end of the line.
A quoted one may have several lines; double quotes have escape sequences. Unquoted and double-quoted
values may refer to variables in upper case: `$NAME`, `${NAME}`.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping

from tools.lib.cli.errors import ToolError

_BLANK = "\t\v\f\r \x85\xa0"
_NAME = re.compile(rf"(?:export[{_BLANK}]+)?([\w.\-{_BLANK}]*)([=:]?)")
_REFERENCE = re.compile(r"(\\)?(\$)(\()?\{?([A-Z0-9_]+)?\}?")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LINE_END = re.compile(r"[\r\n]")
_COMMENT = re.compile(rf"[{_BLANK}]#")
_CONTROLS = {"n": "\n", "r": "\r"}


def read_dotenv(path: str, host_env: Mapping[str, str]) -> dict[str, str]:
    """Reads the variables of a file.

    Args:
        path: of the file.
        host_env: where references to variables are looked up if the file does not set them.

    Raises:
        ToolError: the file has something else than variables, or cannot be read.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
    except OSError as error:
        raise ToolError(
            f"envFile {path}: {error.strerror}", "list the file in the `data` of the test"
        ) from None
    except UnicodeDecodeError as error:
        raise ToolError(f"{path}: not UTF-8: {error.reason}") from None
    return parse_dotenv(text, path, host_env)


def parse_dotenv(text: str, where: str, host_env: Mapping[str, str]) -> dict[str, str]:
    """Reads the variables of a file's text; `where` names the file in errors."""
    text = text.replace("\r\n", "\n")
    variables: dict[str, str] = {}
    host_env = dict(host_env)
    position = _skip_blank_lines(text, 0)
    while position < len(text):
        start = position
        match = _NAME.match(text, start)
        assert match is not None
        name = match[1].strip()
        try:
            if not name or not match[2]:
                raise _SyntaxError("expected NAME=VALUE")
            value, position = _read_value(text, match.end(), ChainMap(variables, host_env))
            if "\0" in value:
                raise _SyntaxError("NUL in a value")
        except _SyntaxError as error:
            line = text.count("\n", 0, start) + 1
            found = text[start : start + 80].partition("\n")[0]
            raise ToolError(f"{where}:{line}: {error}: {found!r}") from None
        variables[name] = value
        position = _skip_blank_lines(text, position)
    return variables


def _skip_blank_lines(text: str, position: int) -> int:
    """The position of the next statement, after white space and lines that are comments."""
    while position < len(text):
        if text[position].isspace():
            position += 1
        elif text[position] == "#":
            end = text.find("\n", position)
            position = end if end >= 0 else len(text)
        else:
            break
    return position


class _SyntaxError(Exception):
    pass


def _read_value(text: str, start: int, env: Mapping[str, str]) -> tuple[str, int]:
    """Reads a value. Returns it and the position behind it."""
    while start < len(text) and text[start] in _BLANK:
        start += 1
    quote = text[start : start + 1]
    if quote in ('"', "'"):
        end = _end_of_quote(text, start + 1, quote)
        if end < 0:
            raise _SyntaxError("missing closing quote")
        value = text[start + 1 : end].strip(quote)
        if quote == '"':
            value = _expand(_unescape(value), env)
        return value, end + 1
    found = _LINE_END.search(text, start)
    end = found.start() if found else len(text)
    line = text[start:end]
    comment = 0 if line.startswith("#") else None
    if comment is None and (match := _COMMENT.search(line)):
        comment = match.start()
    return _expand(line[:comment].strip(_BLANK), env), end


def _end_of_quote(text: str, start: int, quote: str) -> int:
    """The position of the closing quote; -1 if there is none."""
    end = text.find(quote, start)
    while end >= 0:
        first = end
        while first > start and text[first - 1] == "\\":
            first -= 1
        if (end - first) % 2 == 0:
            break
        end = text.find(quote, end + 1)
    return end


def _unescape(value: str) -> str:
    """Replaces escape sequences, except `\\$`, which `_expand` reads."""

    def replacement(match: re.Match[str]) -> str:
        return match[0] if match[1] == "$" else _CONTROLS.get(match[1], match[1])

    return _ESCAPE.sub(replacement, value)


def _expand(value: str, env: Mapping[str, str]) -> str:
    def replacement(match: re.Match[str]) -> str:
        if match[1] or match[3]:  # `\$NAME` and `$(command)`
            return match[0][1:]
        return env.get(match[4], "") if match[4] else match[0]

    return _REFERENCE.sub(replacement, value)
