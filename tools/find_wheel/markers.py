"""Environment markers of requirements, such as `python_version < "3.12" or os_name == "nt"`.

Source: the PyPA specification "Dependency specifiers".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tools.find_wheel.tags import Target
from tools.lib.cli.errors import ToolError

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<operator>===|==|~=|!=|<=|>=|<|>|\(|\))|(?P<word>[a-z_.]+))"""
)
_NUMBERS = re.compile(r"\d+(\.\d+)*(\.\*)?")
_COMPARE: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def environment(target: Target) -> dict[str, str]:
    """The variables of markers, for CPython on Linux."""
    version = ".".join(map(str, target.python))
    return {
        "extra": "",
        "implementation_name": "cpython",
        "implementation_version": f"{version}.0",
        "os_name": "posix",
        "platform_machine": target.machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": "linux",
    }


def evaluate(marker: str, variables: Mapping[str, str]) -> bool:
    """Whether a marker holds. An empty one does.

    Raises:
        ToolError: it is not a marker.
    """
    if not marker.strip():
        return True
    parser = _Parser(marker, variables)
    result = parser.either()
    parser.end()
    return result


class _Parser:
    """A parser of one marker by recursive descent."""

    def __init__(self, marker: str, variables: Mapping[str, str]) -> None:
        self._marker = marker
        self._variables = variables
        self._tokens: list[str] = []
        self._depth = 0
        at = 0
        while at < len(marker.rstrip()):
            found = _TOKEN.match(marker, at)
            if not found:
                raise self._error()
            self._tokens.append(found[0].strip())
            at = found.end()

    def _error(self) -> ToolError:
        return ToolError(f"invalid environment marker: {self._marker:.200}")

    def _take(self, *expected: str) -> str:
        """The next token, if it is one of `expected`; any token without them."""
        if not self._tokens or (expected and self._tokens[0] not in expected):
            return ""
        return self._tokens.pop(0)

    def end(self) -> None:
        if self._tokens:
            raise self._error()

    def either(self) -> bool:
        result = self._both()
        while self._take("or"):
            result = self._both() or result
        return result

    def _both(self) -> bool:
        result = self._one()
        while self._take("and"):
            result = self._one() and result
        return result

    def _one(self) -> bool:
        if not self._take("("):
            return self._comparison()
        self._depth += 1
        if self._depth > 100:
            raise self._error()
        result = self.either()
        if not self._take(")"):
            raise self._error()
        self._depth -= 1
        return result

    def _comparison(self) -> bool:
        left = self._value()
        operator = self._take()
        if operator == "not":
            operator += f" {self._take('in')}"
        right = self._value()
        if operator in ("in", "not in"):
            return (left in right) == (operator == "in")
        if operator == "===":
            return left == right
        if _NUMBERS.fullmatch(left) and _NUMBERS.fullmatch(right):
            return self._versions(left, operator, right)
        if operator in ("==", "!="):
            return (left == right) == (operator == "==")
        raise self._error()

    def _value(self) -> str:
        token = self._take()
        if token[:1] in ("'", '"') and token:
            return token[1:-1]
        if token not in self._variables:
            raise self._error()
        return self._variables[token]

    def _versions(self, left: str, operator: str, right: str) -> bool:
        a, b = _release(left), _release(right.removesuffix(".*"))
        if operator == "~=" or right.endswith(".*"):
            prefix = b[:-1] if operator == "~=" else b
            matches = a[: len(prefix)] == prefix and (operator != "~=" or a >= b)
            return matches != (operator == "!=")
        if operator not in _COMPARE:
            raise self._error()
        length = max(len(a), len(b))
        return _COMPARE[operator](_padded(a, length), _padded(b, length))


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def _padded(version: tuple[int, ...], length: int) -> tuple[int, ...]:
    return version + (0,) * (length - len(version))
