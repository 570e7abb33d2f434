"""Command-line flags of the tools.

The whole grammar:

    --flag VALUE        a value; it may not begin with `--`
    --flag=VALUE        any value
    --flag A B          a fixed number of values
    --switch            true
    @FILE               the lines of FILE in its place, one argument a line (Bazel's param files)
    --                  what follows are positional arguments
    --help, -h          prints the flags and exits

Names are never abbreviated. A flag that is not repeatable takes its last value. `@` has a meaning
only where a flag may stand: in `--label @repo//:target` it belongs to the label. Files do not nest.

`add_argument` takes the options of argparse that the tools need. argparse itself is not used: its
import would be a third of an action's start.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, NoReturn, TypeVar, overload

from tools.lib.cli.errors import ToolError

T = TypeVar("T")


class Parser:
    """Declares the arguments of a tool and parses its command line.

    Args:
        prog: name of the tool, for errors and the help.
        description: what the tool does, for the help.
    """

    def __init__(self, prog: str, description: str | None) -> None:
        self._prog = prog
        self._description = description or ""
        self._arguments: list[_Argument] = []

    def add_argument(
        self,
        name: str,
        *,
        action: Literal["store", "append", "store_true"] = "store",
        nargs: int | Literal["*", "+"] | None = None,
        type: Callable[[str], object] = str,
        choices: Sequence[str] = (),
        default: object = None,
        required: bool = False,
        dest: str = "",
        metavar: str | tuple[str, ...] = "",
        help: str = "",
    ) -> None:
        """Declares `--flag`, or a positional argument by a name without dashes.

        Args:
            name: as it is written on the command line.
            action: `append` collects the values of a repeatable flag in a list.
            nargs: how many values follow the flag; the value is a list then. The last positional
                argument may have `*`, any number of values, or `+`, at least one.
            type: converts a value; a ValueError or TypeError says that the value is invalid.
            choices: the allowed values.
            default: the value if the flag is not given; [] for `append`, False for `store_true`.
            required: whether the flag must be given.
            dest: name of the result's attribute; by default the flag's, with underscores.
            metavar: names the values in the help.
            help: a phrase about the flag; `%(default)s` stands for the default.
        """
        if default is None:
            default = {"append": [], "store_true": False}.get(action)
        dest = dest or name.removeprefix("--").replace("-", "_")
        self._arguments.append(
            _Argument(name, action, nargs, type, choices, default, required, dest, metavar, help)
        )

    @overload
    def parse_args(self, argv: Sequence[str]) -> Any: ...

    @overload
    def parse_args(self, argv: Sequence[str], into: type[T]) -> T: ...

    def parse_args(self, argv: Sequence[str], into: type[Any] | None = None) -> Any:
        """The values of all arguments, as attributes.

        Args:
            argv: the arguments, less the program's name.
            into: a class whose annotations are the names and types of the attributes; the result is
                an instance of it. Without one, the attributes have no static types.

        Raises:
            ToolError: an argument is unknown, missing, or has an invalid value.
        """
        values = self._parse(list(argv))
        if into is None:
            into = _Values
        elif (names := _attributes(into)) != values.keys():
            declared, parsed = sorted(names), sorted(values)
            raise TypeError(f"{into.__name__} has {declared}, the parser {parsed}")
        result = into()
        vars(result).update(values)
        return result

    def _parse(self, arguments: list[str]) -> dict[str, Any]:
        flags = {each.name: each for each in self._arguments if each.is_flag}
        values = {each.dest: each.default for each in self._arguments}
        missing = {each.name for each in self._arguments if each.required}
        positional: list[str] = []
        at = end_of_file = 0
        while at < len(arguments):
            text = arguments[at]
            at += 1
            if text in ("--help", "-h"):
                self._print_help()
            if text == "--":
                positional += arguments[at:]
                break
            if text.startswith("@") and at > end_of_file:
                lines = self._read_lines(text[1:])
                arguments[at:at] = lines
                end_of_file = at + len(lines)
                continue
            if not text.startswith("-") or text == "-":
                positional.append(text)
                continue
            name, equals, value = text.partition("=")
            flag = flags.get(name)
            if flag is None:
                raise self._error(f"unknown flag {name}")
            if equals:
                given = [value]
            else:
                given = arguments[at : at + flag.arity]
                at += flag.arity
            self._check_count(flag, given, equals)
            values[flag.dest] = self._add(flag, given, values[flag.dest])
            missing.discard(name)
        if missing:
            names = ", ".join(each.name for each in self._arguments if each.name in missing)
            raise self._error(f"missing {names}")
        return values | self._assign(positional)

    def _assign(self, given: list[str]) -> dict[str, Any]:
        """The values of the positional arguments."""
        values = {}
        for argument in self._arguments:
            if argument.is_flag:
                continue
            is_list = argument.nargs in ("*", "+")
            own = given if is_list else given[:1]
            given = given[len(own) :]
            if not own and argument.nargs != "*":
                raise self._error(f"missing {argument.placeholder}")
            converted = [self._convert(argument, text) for text in own]
            values[argument.dest] = converted if is_list else converted[0]
        if given:
            raise self._error(f"unexpected argument {given[0]!r}")
        return values

    def _check_count(self, flag: _Argument, given: list[str], equals: str) -> None:
        for number, text in enumerate(given if not equals else ()):
            if text.startswith("--"):
                given = given[:number]
                break
        if len(given) == flag.arity:
            return
        if flag.arity == 0:
            raise self._error(f"{flag.name} takes no value")
        if flag.arity == 1:
            raise self._error(f"{flag.name} needs a value")
        raise self._error(f"{flag.name} needs {flag.arity} values, found {len(given)}")

    def _add(self, flag: _Argument, given: list[str], before: Any) -> Any:
        """The value of a flag once it is given, after what it was before."""
        if flag.action == "store_true":
            return True
        converted = [self._convert(flag, text) for text in given]
        value = converted[0] if flag.nargs is None else converted
        return [*(before or ()), value] if flag.action == "append" else value

    def _convert(self, argument: _Argument, text: str) -> object:
        if "\0" in text:
            raise self._error(f"{argument.name}: invalid value {text!r}: it contains a NUL")
        try:
            value = argument.type(text)
        except (TypeError, ValueError):
            raise self._error(f"{argument.name}: invalid value {text!r}") from None
        if argument.choices and value not in argument.choices:
            allowed = ", ".join(argument.choices)
            raise self._error(f"{argument.name}: invalid value {text!r}, must be one of {allowed}")
        return value

    def _read_lines(self, path: str) -> list[str]:
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as source:
                text = source.read()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise self._error(f"cannot read the argument file {path}: {reason}") from None
        return text.removesuffix("\n").split("\n") if text else []

    def _error(self, message: str) -> ToolError:
        return ToolError(f"{self._prog}: {message}", f"{self._prog} --help lists the flags")

    def _print_help(self) -> NoReturn:
        lines = [(each.usage, each.explanation) for each in self._arguments]
        width = max((len(usage) for usage, _ in lines), default=0)
        positional = [each.usage for each in self._arguments if not each.is_flag]
        print("usage:", self._prog, "[flags]", *positional)
        print(f"\n{self._description.strip()}\n")
        for usage, explanation in lines:
            print(f"  {usage:{width}}  {explanation}".rstrip())
        sys.exit(0)


def _attributes(cls: type[Any]) -> set[str]:
    """The names that a class and its bases annotate."""
    return {name for each in cls.__mro__[:-1] for name in each.__annotations__}


class _Values:
    """The values of parsed arguments."""


class _Argument(NamedTuple):
    """What add_argument was given."""

    name: str
    action: str
    nargs: int | str | None
    type: Callable[[str], object]
    choices: Sequence[str]
    default: object
    required: bool
    dest: str
    metavar: str | tuple[str, ...]
    help: str

    @property
    def is_flag(self) -> bool:
        return self.name.startswith("--")

    @property
    def arity(self) -> int:
        """How many values follow the flag."""
        if self.action == "store_true":
            return 0
        return self.nargs if isinstance(self.nargs, int) else 1

    @property
    def placeholder(self) -> str:
        """The values, as the help writes them."""
        if isinstance(self.metavar, tuple):
            return " ".join(self.metavar)
        word = self.metavar or "|".join(self.choices)
        word = word or self.name.removeprefix("--").replace("-", "_").upper()
        return " ".join([word] * self.arity)

    @property
    def usage(self) -> str:
        """The argument and its values."""
        if self.is_flag:
            return f"{self.name} {self.placeholder}".rstrip()
        repeated = f"{self.placeholder}..." if self.nargs in ("*", "+") else self.placeholder
        return f"[{repeated}]" if self.nargs == "*" else repeated

    @property
    def explanation(self) -> str:
        """The help, and whether the flag is required or repeatable."""
        marks = ["required"] if self.required else []
        marks += ["repeatable"] if self.action == "append" else []
        text = self.help % {"default": self.default} if "%" in self.help else self.help
        return f"{text} ({', '.join(marks)})".strip() if marks else text
