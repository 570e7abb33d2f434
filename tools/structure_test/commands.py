"""Command tests: a command's environment, its run, and the checks of its outcome."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tools.lib.rootfs.tree import PathError
from tools.structure_test import environment, patterns
from tools.structure_test.bubblewrap import Outcome
from tools.structure_test.config import CommandTest, Config
from tools.structure_test.image import ImageFiles
from tools.structure_test.sandbox import ProcessOptions, Run, Sandbox
from tools.structure_test.users import UnknownUser, User, find_user


class CommandRunner:
    """Runs the command tests of one config.

    Args:
        sandbox: where commands run.
        image: the image under test.
        config: the config that has the tests.
        host_env: the environment of this process.
    """

    def __init__(
        self, sandbox: Sandbox, image: ImageFiles, config: Config, host_env: Mapping[str, str]
    ) -> None:
        self._sandbox = sandbox
        self._image = image
        self._config = config
        self._option_variables = environment.option_variables(config.options, host_env)
        self._expansion = environment.with_variables(image.config.env, config.env)

    def run(self, test: CommandTest) -> tuple[list[str], Outcome | None]:
        """Runs setup, command and teardown in one copy of the image.

        Returns:
            The errors, and the outcome of the command. The outcome is None if it did not run.
        """
        try:
            process = self._process
        except UnknownUser as error:
            return [str(error)], None
        # As in container-structure-test, a test's own variables are not used to expand its command,
        # and their values are expanded for its setup only.
        env = self._environment(process.user)
        setup_env = {**env, **{each.key: self._expand(each.value) for each in test.env}}
        env |= {each.key: each.value for each in test.env}
        with self._sandbox.copy(process) as run:
            errors = _run_all("setup", test.setup, setup_env, run)
            if errors:
                return errors, None
            outcome = run([self._expand(word) for word in test.command], env)
            errors = list(check_outcome(test, outcome))
            return errors + _run_all("teardown", test.teardown, env, run), outcome

    def _expand(self, text: str) -> str:
        return environment.expand(text, self._expansion)

    def _environment(self, user: User) -> dict[str, str]:
        """The environment without the variables of a test."""
        defaults = environment.engine_defaults(user.home, self._config.options.tty)
        # No program finds a variable without a name.
        image_env = {name: value for name, value in self._image.config.env.items() if name}
        env = {**defaults, **image_env, **self._option_variables}
        return environment.with_variables(env, self._config.env)

    @functools.cached_property
    def _process(self) -> ProcessOptions:
        options = self._config.options
        user = find_user(
            options.user or self._image.config.user,
            self._text("/etc/passwd"),
            self._text("/etc/group"),
        )
        return ProcessOptions(
            user=user,
            privileged=options.privileged,
            tty=options.tty,
            capabilities=options.capabilities,
            bind_mounts=options.bind_mounts,
        )

    def _text(self, path: str) -> str:
        try:
            inode = self._image.tree.resolve(path).inode
        except PathError:
            return ""
        try:
            return self._image.read(inode).decode("utf-8", "replace")
        except PathError as error:
            raise UnknownUser(f"{path}: {error}") from None


def check_outcome(test: CommandTest, outcome: Outcome) -> Iterator[str]:
    """Checks the exit code and the output of a command. Yields errors."""
    if outcome.exit_code is None:
        yield f"{' '.join(test.command)} {outcome.failure}"
        return
    if outcome.exit_code != test.exit_code:
        yield f"exit code: expected {test.exit_code}, found {outcome.exit_code}"
    yield from patterns.check("stdout", outcome.stdout, test.expected_output, test.excluded_output)
    yield from patterns.check("stderr", outcome.stderr, test.expected_error, test.excluded_error)


def _run_all(
    what: str, commands: Iterable[Sequence[str]], env: Mapping[str, str], run: Run
) -> list[str]:
    """Runs commands until one fails. Returns its error, if any."""
    for number, command in enumerate(commands):
        outcome = run(command, env)
        if outcome.exit_code == 0:
            continue
        reason = outcome.failure or f"exit code {outcome.exit_code}"
        streams = (("stdout", outcome.stdout.strip()), ("stderr", outcome.stderr.strip()))
        output = [f"{name}: {patterns.preview(text)}" for name, text in streams if text]
        found = ", ".join(output) or "no output"
        return [f"{what}[{number}] {' '.join(command)}: {reason}, {found}"]
    return []
