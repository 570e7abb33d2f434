"""The environment of a command, and references to variables in a config's strings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from tools.structure_test.config import Config, RunOptions, Variable
from tools.structure_test.dotenv import read_dotenv

# Container engines set these if the image does not.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_TERM = "xterm"
_REFERENCE = re.compile(r"\$(?:(\w+)|\{(\w+)\})", re.ASCII)


def expand(text: str, env: Mapping[str, str]) -> str:
    """Replaces $NAME and ${NAME} if `env` has NAME. Others stay, for a shell to expand."""

    def value(match: re.Match[str]) -> str:
        return env.get(match[1] or match[2], match[0])

    return _REFERENCE.sub(value, text)


def expand_paths(config: Config, env: Mapping[str, str]) -> Config:
    """Expands the paths of content and existence tests with the image's environment."""
    return replace(
        config,
        contents=tuple(replace(test, path=expand(test.path, env)) for test in config.contents),
        existence=tuple(replace(test, path=expand(test.path, env)) for test in config.existence),
    )


def with_variables(env: Mapping[str, str], variables: Iterable[Variable]) -> dict[str, str]:
    """`env` and a config's variables. A value may refer to variables that are set before it."""
    result = dict(env)
    for variable in variables:
        result[variable.key] = expand(variable.value, result)
    return result


def engine_defaults(home: str, tty: bool) -> dict[str, str]:
    """The variables that a container engine sets unless the image does."""
    return {"PATH": _PATH, "HOME": home, **({"TERM": _TERM} if tty else {})}


def option_variables(options: RunOptions, host_env: Mapping[str, str]) -> dict[str, str]:
    """The variables of `envFile` and `envVars`. As in container-structure-test, not empty ones.

    Args:
        options: of a config.
        host_env: the environment of this process, in which the names of `envVars` are looked up.

    Raises:
        ToolError: the file is invalid, or cannot be read.
    """
    env = read_dotenv(options.env_file, host_env) if options.env_file else {}
    env |= {name: host_env[name] for name in options.env_names if name in host_env}
    return {name: value for name, value in env.items() if value}
