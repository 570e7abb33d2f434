"""The command tests: the environment of a command, its run, and what is asked of its outcome."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tools.lib.errors import ToolError
from tools.lib.imagefs import PathError
from tools.structure_test import patterns
from tools.structure_test.bubblewrap import Outcome
from tools.structure_test.image import ImageFiles
from tools.structure_test.sandbox import Process, Run, Sandbox
from tools.structure_test.schema import CommandTest, Config, RunOptions, Variable
from tools.structure_test.users import UnknownUser, User, find_user

# What container engines set where an image has none.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_REFERENCE = re.compile(r"\$(?:(\w+)|\{(\w+)\})", re.ASCII)


class CommandRunner:
    """Runs the command tests of one config."""

    def __init__(
        self, sandbox: Sandbox, image: ImageFiles, config: Config, machine_env: Mapping[str, str]
    ) -> None:
        self._sandbox = sandbox
        self._image = image
        self._config = config
        self._option_env = dict(_option_env(config.options, machine_env))

    def run(self, test: CommandTest) -> tuple[list[str], Outcome | None]:
        """Runs setup, command and teardown in one copy: errors, and the command's outcome."""
        options = self._config.options
        try:
            user = find_user(
                options.user or self._image.config.user,
                self._text("/etc/passwd"),
                self._text("/etc/group"),
            )
        except UnknownUser as error:
            return [str(error)], None
        process = Process(
            user=user,
            env=self._environment(test.env, user),
            privileged=options.privileged,
            tty=options.tty,
            capabilities=options.capabilities,
            bind_mounts=options.bind_mounts,
        )
        with self._sandbox.copy(process) as run:
            errors = self._run_all("setup", test.setup, run)
            if errors:
                return errors, None
            outcome = run(self._expand(test.command))
            errors = list(check_outcome(test, outcome))
            return errors + self._run_all("teardown", test.teardown, run), outcome

    def _run_all(self, what: str, commands: Iterable[Sequence[str]], run: Run) -> list[str]:
        for number, command in enumerate(commands):
            outcome = run(self._expand(command))
            if outcome.exit_code == 0:
                continue
            reason = outcome.failure or f"exit code {outcome.exit_code}"
            output = patterns.preview((outcome.stderr or outcome.stdout).strip())
            return [f"{what}[{number}] {' '.join(command)}: {reason}, output: {output}"]
        return []

    def _environment(self, own: Iterable[Variable], user: User) -> dict[str, str]:
        env = {"PATH": _PATH, **self._image.config.env, **self._option_env}
        for variable in (*self._config.env, *own):
            env[variable.key] = expand(variable.value, env)
        env.setdefault("HOME", user.home)
        return env

    def _expand(self, command: Sequence[str]) -> list[str]:
        return [expand(word, self._image.config.env) for word in command]

    def _text(self, path: str) -> str:
        try:
            inode = self._image.tree.resolve(path).inode
        except PathError:
            return ""
        return self._image.read(inode).decode("utf-8", "replace")


def check_outcome(test: CommandTest, outcome: Outcome) -> Iterator[str]:
    """Yields what is wrong with a command's exit code and output."""
    if outcome.exit_code is None:
        yield f"{' '.join(test.command)} {outcome.failure}"
        return
    if outcome.exit_code != test.exit_code:
        yield f"exit code: expected {test.exit_code}, found {outcome.exit_code}"
    yield from patterns.check("stdout", outcome.stdout, test.expected_output, test.excluded_output)
    yield from patterns.check("stderr", outcome.stderr, test.expected_error, test.excluded_error)


def expand(text: str, env: Mapping[str, str]) -> str:
    """Replaces $NAME and ${NAME} where `env` has it; others may be a shell's, and stay."""

    def value(match: re.Match[str]) -> str:
        return env.get(match[1] or match[2], match[0])

    return _REFERENCE.sub(value, text)


def _option_env(options: RunOptions, machine_env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The variables of `envFile` and `envVars`; a bare name has its value from this machine."""
    names: list[str] = []
    if options.env_file:
        with open(options.env_file, encoding="utf-8", errors="surrogateescape") as file:
            for number, line in enumerate(file, 1):
                name, equals, value = line.rstrip("\n").lstrip().partition("=")
                if not name or name.startswith("#"):
                    continue
                if name != name.strip():
                    raise ToolError(f"{options.env_file}:{number}: a space in a variable's name")
                if equals:
                    yield name, value
                else:
                    names.append(name)
    for name in (*names, *options.env_names):
        if name in machine_env:
            yield name, machine_env[name]
