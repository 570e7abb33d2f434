"""Tests an image with container-structure-test's configs, without a daemon."""

from __future__ import annotations

import contextlib
import io
import math
import os
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_write
from tools.lib.cli.flags import Parser
from tools.lib.data.yaml_fields import load
from tools.lib.oci.descriptor import read_platform
from tools.lib.oci.image import Image
from tools.lib.oci.layout import select_image
from tools.structure_test import report
from tools.structure_test.config import Config
from tools.structure_test.config_reader import read_config
from tools.structure_test.image import ImageFiles
from tools.structure_test.limits import MIB, Limits
from tools.structure_test.runner import run_configs

if TYPE_CHECKING:
    from tools.structure_test.sandbox import Sandbox

_UNLIMITED = 1 << 50
_REPORT_TIME = 5.0  # seconds of Bazel's timeout that are left for the reports


def main(argv: Sequence[str]) -> int:
    start = time.monotonic()
    parser = Parser("structure_test", __doc__)
    parser.add_argument("--image", required=True, help="directory of an OCI image layout")
    parser.add_argument(
        "--config", required=True, action="append", help="tests, in YAML or JSON; may be repeated"
    )
    parser.add_argument(
        "--platform", help="which image of the layout to test, such as linux/arm64/v8"
    )
    parser.add_argument("--output", choices=("text", "json", "junit"), default="text")
    parser.add_argument(
        "--test-report",
        metavar="FILE",
        help="write the JSON or JUnit report to FILE, and text to stdout",
    )
    defaults = Limits()
    parser.add_argument(
        "--timeout",
        type=float,
        default=defaults.seconds,
        help="seconds that a command may run (%(default)g)",
    )
    parser.add_argument(
        "--memory",
        type=int,
        default=defaults.memory // MIB,
        help="MiB of memory that a command may use (%(default)d; 0: no limit)",
    )
    parser.add_argument(
        "--processes",
        type=int,
        default=defaults.processes,
        help="processes and threads that a command may have (%(default)d; 0: no limit)",
    )
    parser.add_argument(
        "--disk",
        type=int,
        default=defaults.disk // MIB,
        help="MiB of files that a command may write (%(default)d; 0: no limit)",
    )
    parser.add_argument(
        "--read-only",
        action="store_true",
        help="make the root file system of commands read-only, with an empty /tmp",
    )
    flags = parser.parse_args(argv)
    limits = _read_limits(flags.timeout, flags.memory, flags.processes, flags.disk)
    configs = [_read_config(path) for path in flags.config]
    platform = read_platform(flags.platform) if flags.platform else None
    image = select_image(flags.image, platform)
    text = None
    if flags.output == "text" or flags.test_report:
        # Whatever the locale is, no name ends the report.
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")
        text = report.TextReport(sys.stdout)
    with contextlib.ExitStack() as stack:
        if any(config.commands for config in configs):
            files, sandbox = _open_sandbox(
                stack, flags.image, image, limits, start, flags.read_only
            )
        else:
            files, sandbox = ImageFiles(flags.image, image), None
        results = []
        for result in run_configs(files, configs, sandbox=sandbox, environment=os.environ):
            results.append(result)
            if text:
                text.add(result)
    if text:
        text.end(results)

    to_bytes = report.to_junit if flags.output == "junit" else report.to_json
    if flags.test_report:
        # Under `bazel run` this process is in the runfiles.
        directory = os.environ.get("BUILD_WORKING_DIRECTORY", "")
        with atomic_write(os.path.join(directory, flags.test_report)) as out:
            out.write(to_bytes(results))
    elif not text:
        sys.stdout.buffer.write(to_bytes(results))
    # Bazel reads the results of test cases from this file.
    if xml_file := os.environ.get("XML_OUTPUT_FILE"):
        with atomic_write(xml_file) as out:
            out.write(report.to_junit(results))
    return 0 if report.all_passed(results) else 1


def _open_sandbox(
    stack: contextlib.ExitStack,
    layout: str,
    image: Image,
    limits: Limits,
    start: float,
    read_only: bool,
) -> tuple[ImageFiles, Sandbox]:
    # Slow to import, and most configs have no command tests.
    from tools.structure_test.bubblewrap import find_bubblewrap
    from tools.structure_test.emulation import find_emulator
    from tools.structure_test.sandbox import Sandbox
    from tools.structure_test.scratch import open_scratch

    bwrap = find_bubblewrap()
    emulator = find_emulator(image.platform.architecture)
    size = sum(layer.size for layer in image.manifest.layers)
    scratch = stack.enter_context(open_scratch(emulator, size))
    files = ImageFiles(layout, image, scratch.pool)
    # Bazel kills a test that takes longer, and its report is lost.
    deadline = start + _bazel_timeout() - _REPORT_TIME
    return files, Sandbox(files, scratch, bwrap, limits, deadline, read_only)


def _bazel_timeout() -> float:
    """Seconds that Bazel gives this test."""
    try:
        return float(os.environ["TEST_TIMEOUT"])
    except (KeyError, ValueError):
        return math.inf


def _read_limits(seconds: float, memory: int, processes: int, disk: int) -> Limits:
    if not 0 < seconds < math.inf:
        raise ToolError("structure_test: --timeout must be a positive number of seconds")
    for flag, value in (("memory", memory), ("processes", processes), ("disk", disk)):
        if not 0 <= value < _UNLIMITED // MIB:
            raise ToolError(f"structure_test: --{flag} is out of range: {value}")
    return Limits(
        seconds,
        memory * MIB or _UNLIMITED,
        processes or _UNLIMITED,
        disk * MIB or _UNLIMITED,
    )


def _read_config(path: str) -> Config:
    with open(path, "rb") as file:
        return read_config(load(file.read(), path))


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
