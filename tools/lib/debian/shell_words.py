"""The commands of a shell script and the literal values of its variables. It runs nothing.

Only lines with closed quotes are understood, and variables that the script assigns one literal
value. Source: POSIX.1-2017, Shell Command Language.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping

VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_KEYWORDS = frozenset(("if", "then", "else", "elif", "do", "while", "until", "!", "{", "("))
_EXPORTS = frozenset(("export", "local", "readonly"))


def lines_of(script: str) -> list[str]:
    """The lines of a script; a line that is continued is one."""
    return script.replace("\\\n", " ").split("\n")


def commands_of(line: str) -> Iterator[list[str]]:
    """The simple commands of a line as lists of words, without keywords before them.

    Raises:
        ValueError: quotes are not closed in the line.
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|()<>")
    lexer.whitespace_split = True
    command: list[str] = []
    for word in [*lexer, ";"]:
        if word and word[0] in ";&|()<>":
            if command:
                yield command
            command = []
        elif command or word not in _KEYWORDS:
            command.append(word)


def literal_variables(lines: Iterable[str]) -> dict[str, str | None]:
    """The literal values of variables, None for those that have no single one."""
    values: dict[str, str | None] = {}
    for line in lines:
        try:
            commands = list(commands_of(line))
        except ValueError:
            continue
        for command in commands:
            if command[0] in ("for", "read") and len(command) > 1:
                values[command[1]] = None
                continue
            words = command[1:] if command[0] in _EXPORTS else command
            for word in words:
                assignment = _ASSIGNMENT.fullmatch(word)
                if assignment is None:
                    break
                name, value = assignment.groups()
                is_new = values.setdefault(name, value) == value
                if not is_new or "$" in value or "`" in value:
                    values[name] = None
    return values


def expand(word: str, variables: Mapping[str, str | None]) -> str:
    """A word with the values of its variables.

    Raises:
        ValueError: a variable has no literal value, or the shell would expand the word further.
    """

    def value(match: re.Match[str]) -> str:
        found = variables.get(match[1] or match[2])
        if found is None:
            raise ValueError("unknown variable")
        return found

    expanded = VARIABLE.sub(value, word)
    if any(each in expanded for each in "$`*?["):
        raise ValueError("not a literal word")
    return expanded
