"""Runs the tests of configs on an image, in container-structure-test's order."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tools.lib.rootfs.tree import Inode, PathError
from tools.structure_test import checks
from tools.structure_test.config import Config
from tools.structure_test.environment import expand_paths
from tools.structure_test.image import ImageFiles
from tools.structure_test.licenses import check_license
from tools.structure_test.report import Result

if TYPE_CHECKING:
    from tools.structure_test.sandbox import Sandbox

MAX_REPORTED = 1 << 20
"""Characters of a command's stdout or stderr that reports have."""

Check = Callable[[], Iterable[str]]
"""A test that runs no command. It yields its errors."""


def run_configs(
    image: ImageFiles,
    configs: Sequence[Config],
    *,
    sandbox: Sandbox | None,
    environment: Mapping[str, str],
) -> Iterator[Result]:
    """Yields the result of each test as it ends.

    Args:
        image: the image under test.
        configs: the tests; paths of the host in them are relative to the working directory.
        sandbox: runs commands; may be None if no config has command tests.
        environment: of this process, for the variables that a config copies from it.
    """
    configs = [expand_paths(config, image.config.env) for config in configs]
    image.plan(_files_to_read(image, configs))
    for config in configs:
        if config.commands:
            yield from _run_commands(image, config, sandbox, environment)
        for name, check in _checks(image, config):
            start = time.monotonic()
            errors = tuple(check())
            yield Result(config.file, name, errors, "", "", time.monotonic() - start)


def _run_commands(
    image: ImageFiles, config: Config, sandbox: Sandbox | None, environment: Mapping[str, str]
) -> Iterator[Result]:
    # Slow to import, and most configs have no command tests.
    from tools.structure_test.commands import CommandRunner

    assert sandbox is not None
    runner = CommandRunner(sandbox, image, config, environment)
    for test in config.commands:
        start = time.monotonic()
        errors, outcome = runner.run(test)
        stdout, stderr = (outcome.stdout, outcome.stderr) if outcome else ("", "")
        duration = time.monotonic() - start
        name = f"Command Test: {test.name}"
        output = (_shorten(stdout), _shorten(stderr))
        yield Result(config.file, name, tuple(errors), *output, duration)


def _shorten(text: str) -> str:
    """Output for reports, which hold that of all commands."""
    if len(text) <= MAX_REPORTED:
        return text
    half = MAX_REPORTED // 2
    return f"{text[:half]}\n[{len(text) - 2 * half} characters left out]\n{text[-half:]}"


def _checks(image: ImageFiles, config: Config) -> Iterator[tuple[str, Check]]:
    tree = image.tree
    for content in config.contents:
        yield f"File Content Test: {content.name}", partial(checks.check_content, image, content)
    for existence in config.existence:
        name = f"File Existence Test: {existence.name}"
        yield name, partial(checks.check_existence, tree, existence)
    for number, license_test in enumerate(config.licenses):
        name = f"License Test #{number}" if len(config.licenses) > 1 else "License Test"
        yield name, partial(check_license, image, license_test)
    if config.metadata is not None:
        yield "Metadata Test", partial(checks.check_metadata, image.config, config.metadata)


def _files_to_read(image: ImageFiles, configs: Iterable[Config]) -> Iterator[Inode]:
    """Every file that a test will read, in the order of the tests."""
    for config in configs:
        if config.commands:
            for path in ("/etc/passwd", "/etc/group"):
                with contextlib.suppress(PathError):
                    yield image.tree.resolve(path).inode
        if config.contents or config.licenses:
            yield from checks.files_to_read(image.tree, config)
