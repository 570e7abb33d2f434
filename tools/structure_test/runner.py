"""Runs the tests of configs on an image, in container-structure-test's order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from tools.lib.imagefs import Inode, PathError
from tools.structure_test import checks
from tools.structure_test.image import ImageFiles
from tools.structure_test.report import Result
from tools.structure_test.schema import Config

Check = Callable[[], Iterable[str]]


def run_configs(
    image: ImageFiles,
    configs: Sequence[Config],
    *,
    scratch: str,
    timeout: float,
    environment: Mapping[str, str],
) -> Iterator[Result]:
    """Yields the result of each test as it ends.

    Args:
        image: what is tested.
        configs: the tests; paths in them are relative to the working directory.
        scratch: an empty directory, used if there are command tests.
        timeout: seconds that each command may take.
        environment: of the machine, for the variables that a config takes from there.
    """
    image.fetch(_wanted(image, configs))
    sandbox = None
    for config in configs:
        if config.commands:
            # Costs time to import, and most configs do without.
            from tools.structure_test.commands import CommandRunner
            from tools.structure_test.sandbox import Sandbox

            sandbox = sandbox or Sandbox(image, scratch, timeout)
            runner = CommandRunner(sandbox, image, config, environment)
            for test in config.commands:
                start = time.monotonic()
                errors, outcome = runner.run(test)
                stdout, stderr = (outcome.stdout, outcome.stderr) if outcome else ("", "")
                duration = time.monotonic() - start
                name = f"Command Test: {test.name}"
                yield Result(config.file, name, tuple(errors), stdout, stderr, duration)
        for name, check in _checks(image, config):
            start = time.monotonic()
            found = tuple(check())
            yield Result(config.file, name, found, "", "", time.monotonic() - start)


def _checks(image: ImageFiles, config: Config) -> Iterator[tuple[str, Check]]:
    for content in config.contents:
        yield (
            f"File Content Test: {content.name}",
            lambda test=content: checks.check_content(image, test),
        )
    for existence in config.existence:
        yield (
            f"File Existence Test: {existence.name}",
            lambda test=existence: checks.check_existence(image.tree, test),
        )
    for number, license_test in enumerate(config.licenses):
        yield (
            f"License Test #{number}",
            lambda test=license_test: checks.check_license(image, test),
        )
    metadata = config.metadata
    if metadata is not None:
        yield "Metadata Test", lambda: checks.check_metadata(image.config, metadata)


def _wanted(image: ImageFiles, configs: Iterable[Config]) -> Iterator[Inode]:
    """All files that tests will read, so that a layer is read once for all of them."""
    for config in configs:
        if config.contents or config.licenses:
            yield from checks.wanted_files(image.tree, config)
        if config.commands:
            for path in ("/etc/passwd", "/etc/group"):
                try:
                    yield image.tree.resolve(path).inode
                except PathError:
                    continue
