"""Reads from a maintainer script which alternatives a package installs. It runs nothing.

Source of the commands: update-alternatives(1), and Debian Policy, appendix F. Only commands of
literal words are understood, variables that the script assigns one literal value, and loops over
literal words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tools.lib.debian.shell_words import (
    VARIABLE,
    commands_of,
    expand,
    lines_of,
    literal_variables,
)

_COMMAND = "update-alternatives"
_NAME = re.compile(r"[^/\s]+")
# Real scripts have loops over a dozen words, and install a hundred alternatives at most.
_MAX_WORDS = 256
_MAX_ALTERNATIVES = 4096


@dataclass(frozen=True, slots=True)
class AlternativeLink:
    """`link` leads to /etc/alternatives/`name`, and that to `path`; both are absolute paths."""

    link: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """A choice for a link; the one of the highest priority is made. `slaves` follow the choice."""

    master: AlternativeLink
    priority: int
    slaves: tuple[AlternativeLink, ...] = ()


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What a script installs, and the commands (one line each) that were not understood."""

    known: tuple[Alternative, ...] = ()
    unknown: tuple[str, ...] = ()


NO_ALTERNATIVES = Alternatives()


def read_alternatives(script: str) -> Alternatives:
    """Reads the `update-alternatives --install` commands of a postinst script."""
    lines = lines_of(script)
    if not any(_is_install(line) for line in lines):
        return NO_ALTERNATIVES
    variables = literal_variables(lines)
    known: list[Alternative] = []
    unknown: list[str] = []
    loop: dict[str, list[str]] = {}  # the words of the last loop by its variable
    for line in lines:
        loop |= _loop(line)
        if not _is_install(line):
            continue
        if len(known) > _MAX_ALTERNATIVES:
            unknown.append(f"more than {_MAX_ALTERNATIVES} alternatives")
            break
        try:
            found = [
                _parse([expand(word, variables | values) for word in command])
                for command in commands_of(line)
                for values in _loop_values(command, loop)
                if command[0].endswith(_COMMAND) and "--install" in command
            ]
        except ValueError:
            found = []
        if found:
            known += found
        else:
            unknown.append(" ".join(line.split())[:300])
    return Alternatives(tuple(dict.fromkeys(known)), tuple(dict.fromkeys(unknown)))


def _loop(line: str) -> dict[str, list[str]]:
    """The words of a loop that begins in the line, if they are literal, by its variable."""
    try:
        commands = list(commands_of(line))
    except ValueError:
        return {}
    return {
        command[1]: command[3:]
        for command in commands
        if command[0] == "for" and command[2:3] == ["in"] and len(command) <= _MAX_WORDS
    }


def _loop_values(
    command: list[str], loop: Mapping[str, list[str]]
) -> Iterator[dict[str, str | None]]:
    """The values of the loop's variable that a command uses, one run of the command after another.

    Raises:
        ValueError: it uses the variables of two loops.
    """
    used = {match[1] or match[2] for word in command for match in VARIABLE.finditer(word)}
    variables = sorted(used & loop.keys())
    if len(variables) > 1:
        raise ValueError("nested loops")
    if not variables:
        yield {}
    for variable in variables:
        for word in loop[variable]:
            yield {variable: expand(word, {})}


def _is_install(line: str) -> bool:
    return _COMMAND in line and "--install" in line and not line.lstrip().startswith("#")


def _parse(words: list[str]) -> Alternative:
    at = words.index("--install")
    link, name, path, priority = _take(words, at + 1, 4)
    at += 5
    slaves: list[AlternativeLink] = []
    while at < len(words):
        if words[at] not in ("--slave", "--follower"):
            raise ValueError("unknown option")
        slaves.append(_link(*_take(words, at + 1, 3)))
        at += 4
    return Alternative(_link(link, name, path), int(priority), tuple(slaves))


def _take(words: list[str], at: int, count: int) -> list[str]:
    taken = words[at : at + count]
    if len(taken) < count:
        raise ValueError("missing argument")
    return taken


def _link(link: str, name: str, path: str) -> AlternativeLink:
    if not (link.startswith("/") and path.startswith("/") and _NAME.fullmatch(name)):
        raise ValueError("not an absolute path")
    return AlternativeLink(link, name, path)
