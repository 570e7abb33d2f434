"""Environment variables: those of a command, and references to them in a config's texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from tools.lib.cli.errors import ToolError
from tools.structure_test.schema import Config, RunOptions, Variable

# What container engines set where an image has none.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_TERM = "xterm"
_REFERENCE = re.compile(r"\$(?:(\w+)|\{(\w+)\})", re.ASCII)


def expand(text: str, env: Mapping[str, str]) -> str:
    """Replaces $NAME and ${NAME} where `env` has it; others may be a shell's, and stay."""

    def value(match: re.Match[str]) -> str:
        return env.get(match[1] or match[2], match[0])

    return _REFERENCE.sub(value, text)


def expand_paths(config: Config, env: Mapping[str, str]) -> Config:
    """A config whose paths of files are expanded; those of commands need more than `env`."""
    return config._replace(
        contents=tuple(each._replace(path=expand(each.path, env)) for each in config.contents),
        existence=tuple(each._replace(path=expand(each.path, env)) for each in config.existence),
    )


def with_variables(env: Mapping[str, str], variables: Iterable[Variable]) -> dict[str, str]:
    """`env` with a config's variables, whose values may refer to what is set before."""
    result = dict(env)
    for variable in variables:
        result[variable.key] = expand(variable.value, result)
    return result


def engine_defaults(home: str, tty: bool) -> dict[str, str]:
    """What a container engine sets unless an image does."""
    return {"PATH": _PATH, "HOME": home, **({"TERM": _TERM} if tty else {})}


def option_variables(options: RunOptions, machine: Mapping[str, str]) -> dict[str, str]:
    """The variables of `envFile` and `envVars`; a bare name has its value from this machine.

    Args:
        options: of a config.
        machine: the environment of this process.

    Raises:
        ToolError: the file has a line that is no variable.
    """
    env = dict(_file_variables(options.env_file, machine)) if options.env_file else {}
    return env | {name: machine[name] for name in options.env_names if name in machine}


def _file_variables(path: str, machine: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        for number, line in enumerate(file, 1):
            name, equals, value = line.rstrip("\n").lstrip().partition("=")
            if (not name.strip() and not equals) or name.startswith("#"):
                continue
            if name.split() != [name]:
                raise ToolError(
                    f"{path}:{number}: expected NAME=VALUE or NAME", "no spaces in NAME"
                )
            if equals:
                yield name, value
            elif name in machine:
                yield name, machine[name]
