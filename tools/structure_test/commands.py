"""Command tests: a command's environment, its run, and the checks of its outcome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tools.lib.rootfs.tree import PathError
from tools.structure_test import environment, patterns
from tools.structure_test.bubblewrap import Outcome
from tools.structure_test.config import CommandTest, Config
from tools.structure_test.image import ImageFiles
from tools.structure_test.sandbox import Process, Run, Sandbox
from tools.structure_test.users import UnknownUser, find_user


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
        # As in container-structure-test, commands are not expanded with a test's own variables.
        self._expansion = environment.with_variables(image.config.env, config.env)

    def run(self, test: CommandTest) -> tuple[list[str], Outcome | None]:
        """Runs setup, command and teardown in one copy of the image.

        Returns:
            The errors, and the outcome of the command. The outcome is None if it did not run.
        """
        try:
            process = self._process(test)
        except UnknownUser as error:
            return [str(error)], None
        with self._sandbox.copy(process) as run:
            errors = _run_all("setup", test.setup, run)
            if errors:
                return errors, None
            command = [environment.expand(word, self._expansion) for word in test.command]
            outcome = run(command)
            errors = list(check_outcome(test, outcome))
            return errors + _run_all("teardown", test.teardown, run), outcome

    def _process(self, test: CommandTest) -> Process:
        options, image_config = self._config.options, self._image.config
        user = find_user(
            options.user or image_config.user, self._text("/etc/passwd"), self._text("/etc/group")
        )
        defaults = environment.engine_defaults(user.home, options.tty)
        return Process(
            user=user,
            env=environment.with_variables(
                {**defaults, **image_config.env, **self._option_variables},
                (*self._config.env, *test.env),
            ),
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
        return self._image.read(inode).decode("utf-8", "replace")


def check_outcome(test: CommandTest, outcome: Outcome) -> Iterator[str]:
    """Checks the exit code and the output of a command. Yields errors."""
    if outcome.exit_code is None:
        yield f"{' '.join(test.command)} {outcome.failure}"
        return
    if outcome.exit_code != test.exit_code:
        yield f"exit code: expected {test.exit_code}, found {outcome.exit_code}"
    yield from patterns.check("stdout", outcome.stdout, test.expected_output, test.excluded_output)
    yield from patterns.check("stderr", outcome.stderr, test.expected_error, test.excluded_error)


def _run_all(what: str, commands: Iterable[Sequence[str]], run: Run) -> list[str]:
    """Runs commands until one fails. Returns its error, if any."""
    for number, command in enumerate(commands):
        outcome = run(command)
        if outcome.exit_code == 0:
            continue
        reason = outcome.failure or f"exit code {outcome.exit_code}"
        output = patterns.preview((outcome.stderr or outcome.stdout).strip())
        return [f"{what}[{number}] {' '.join(command)}: {reason}, output: {output}"]
    return []
