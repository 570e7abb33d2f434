"""Flags of the tools: no abbreviations, `@file` with one argument a line (Bazel's param files)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from tools.lib.cli.errors import ToolError

_UNDERSTOOD = {
    "action",
    "choices",
    "default",
    "dest",
    "help",
    "metavar",
    "nargs",
    "required",
    "type",
}


class Parser:
    """argparse's interface, strict: a wrong flag is a ToolError and not an exit of its own.

    What is plainly right is read without argparse, whose import is a third of an action's start on
    Python 3.14. All else is argparse's to judge: positional arguments, `--help`, and every error.
    """

    def __init__(self, prog: str, description: str) -> None:
        self._prog = prog
        self._description = description
        self._arguments: list[tuple[str, Mapping[str, Any]]] = []

    def add_argument(self, name: str, **options: Any) -> None:
        """Declares `--flag` or a positional argument; the options are argparse's."""
        self._arguments.append((name, options))

    def parse_args(self, argv: Sequence[str]) -> Any:
        """The values of the flags, as attributes.

        Raises:
            ToolError: a flag is unknown, missing or has a wrong value.
        """
        try:
            return SimpleNamespace(**_plain(self._arguments, _expanded(argv)))
        except _NotPlain:
            return _by_argparse(self._prog, self._description, self._arguments, argv)


class _NotPlain(Exception):
    """For argparse to read, or to refuse."""


def _expanded(argv: Sequence[str]) -> list[str]:
    arguments: list[str] = []
    for text in argv:
        if not text.startswith("@"):
            arguments.append(text)
            continue
        try:
            with open(text[1:], encoding="utf-8", errors="surrogateescape") as source:
                lines = source.read().removesuffix("\n").split("\n")
        except OSError:
            raise _NotPlain from None
        if any(line.startswith("@") for line in lines):
            raise _NotPlain
        arguments += lines
    return arguments


def _plain(
    declared: Sequence[tuple[str, Mapping[str, Any]]], arguments: Sequence[str]
) -> dict[str, Any]:
    flags = {name: _Flag(name, options) for name, options in declared}
    values = {flag.dest: flag.default for flag in flags.values()}
    missing = {name for name, options in declared if options.get("required")}
    at = 0
    while at < len(arguments):
        name, equals, value = arguments[at].partition("=")
        flag = flags.get(name)
        if flag is None or (equals and flag.nargs is not None):
            raise _NotPlain
        given = [value] if equals else arguments[at + 1 : at + 1 + flag.count]
        at += 1 if equals else 1 + flag.count
        if len(given) != flag.count or (not equals and any(text[:1] == "-" for text in given)):
            raise _NotPlain
        values[flag.dest] = flag.value(given, values[flag.dest])
        missing.discard(name)
    if missing:
        raise _NotPlain
    return values


class _Flag:
    """One declared flag, as far as it is read here."""

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        self.action = options.get("action", "store")
        self.nargs: int | None = options.get("nargs")
        self._type: Callable[[str], Any] = options.get("type", str)
        self._choices = options.get("choices")
        self.default = options.get("default", False if self.action == "store_true" else None)
        if (
            not name.startswith("--")
            or not options.keys() <= _UNDERSTOOD
            or self.action not in ("store", "append", "store_true")
            or not (self.nargs is None or isinstance(self.nargs, int))
            or (isinstance(self.default, str) and self._type is not str)
        ):
            raise _NotPlain
        self.dest: str = options.get("dest") or name[2:].replace("-", "_")
        self.count = 0 if self.action == "store_true" else 1 if self.nargs is None else self.nargs

    def value(self, given: Sequence[str], before: Any) -> Any:
        """The flag's value once it is given, after what it was."""
        if self.action == "store_true":
            return True
        try:
            read = [self._type(text) for text in given]
        except (TypeError, ValueError):
            raise _NotPlain from None
        if self._choices is not None and any(each not in self._choices for each in read):
            raise _NotPlain
        value = read[0] if self.nargs is None else read
        return [*(before or ()), value] if self.action == "append" else value


def _by_argparse(
    prog: str,
    description: str,
    declared: Sequence[tuple[str, Mapping[str, Any]]],
    argv: Sequence[str],
) -> Any:
    import argparse

    class Strict(argparse.ArgumentParser):
        def error(self, message: str) -> Any:
            raise ToolError(f"{prog}: {message}", f"{prog} --help lists the flags")

    parser = Strict(
        prog=prog,
        description=description,
        allow_abbrev=False,
        fromfile_prefix_chars="@",
    )
    for name, options in declared:
        parser.add_argument(name, **options)
    return parser.parse_args(argv)
