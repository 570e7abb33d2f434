"""Tests an image by configs of container-structure-test, without a daemon."""

from __future__ import annotations

import contextlib
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
from tools.lib.oci.documents import Image
from tools.lib.oci.layout import read_platform, select_image
from tools.structure_test import report
from tools.structure_test.config import parse_config
from tools.structure_test.image import ImageFiles
from tools.structure_test.runner import run_configs
from tools.structure_test.schema import Config

if TYPE_CHECKING:
    from tools.structure_test.sandbox import Sandbox

_TIMEOUT = 300.0
# What Bazel's own time must leave for the reports.
_REPORT_TIME = 5.0


def main(argv: Sequence[str]) -> int:
    start = time.monotonic()
    parser = Parser("structure_test", __doc__)
    parser.add_argument("--image", required=True, help="directory of an OCI image layout")
    parser.add_argument(
        "--config", required=True, action="append", help="tests, YAML or JSON; several are allowed"
    )
    parser.add_argument("--platform", help="which image of the layout, such as linux/arm64/v8")
    parser.add_argument("--output", choices=("text", "json", "junit"), default="text")
    parser.add_argument(
        "--test-report", metavar="FILE", help="write the JSON or JUnit report to FILE, text here"
    )
    parser.add_argument(
        "--timeout", type=float, default=_TIMEOUT, help="seconds for each command (%(default)g)"
    )
    flags = parser.parse_args(argv)
    if not 0 < flags.timeout < math.inf:
        raise ToolError("structure_test: --timeout must be more than 0 s")
    configs = [_read_config(path) for path in flags.config]
    platform = read_platform(flags.platform) if flags.platform else None
    documents = select_image(flags.image, platform)
    require_string = flags.output == "text" or flags.test_report
    text = report.TextReport(sys.stdout) if require_string else None
    with contextlib.ExitStack() as stack:
        if any(config.commands for config in configs):
            image, sandbox = _open_sandbox(stack, flags.image, documents, flags.timeout, start)
        else:
            image, sandbox = ImageFiles(flags.image, documents), None
        results = []
        for result in run_configs(image, configs, sandbox=sandbox, environment=os.environ):
            results.append(result)
            if text:
                text.add(result)
    if text:
        text.end(results)

    kind = "json" if flags.output == "text" else flags.output
    data = report.to_junit(results) if kind == "junit" else report.to_json(results)
    if flags.test_report:
        with atomic_write(flags.test_report) as out:
            out.write(data)
    elif not require_string:
        sys.stdout.buffer.write(data)
    # Bazel reads the results of a test's cases from there.
    if xml_file := os.environ.get("XML_OUTPUT_FILE"):
        with atomic_write(xml_file) as out:
            out.write(report.to_junit(results))
    return 0 if report.passed(results) else 1


def _open_sandbox(
    stack: contextlib.ExitStack, layout: str, documents: Image, timeout: float, start: float
) -> tuple[ImageFiles, Sandbox]:
    # These cost time to import, and many configs do without.
    from tools.structure_test.bubblewrap import find_bubblewrap
    from tools.structure_test.emulation import find_emulator
    from tools.structure_test.sandbox import Sandbox
    from tools.structure_test.workshop import open_workshop

    bwrap = find_bubblewrap()
    emulator = find_emulator(documents.platform.architecture)
    size = sum(layer.size for layer in documents.manifest.layers)
    workshop = stack.enter_context(open_workshop(emulator, size))
    image = ImageFiles(layout, documents, workshop.pool)
    # Bazel ends a test that takes longer, without its report.
    limit = float(os.environ.get("TEST_TIMEOUT") or math.inf)
    return image, Sandbox(image, workshop, bwrap, timeout, start + limit - _REPORT_TIME)


def _read_config(path: str) -> Config:
    with open(path, "rb") as file:
        return parse_config(load(file.read(), path))


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
