"""Tests an image by configs of container-structure-test, without a daemon."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Sequence

from tools.lib.cli import Parser
from tools.lib.errors import ToolError, run
from tools.lib.files import atomic_write
from tools.lib.layout import read_platform, select_image
from tools.lib.oci import Image
from tools.structure_test import report
from tools.structure_test.config import parse_config
from tools.structure_test.fields import load
from tools.structure_test.image import ImageFiles
from tools.structure_test.runner import run_configs
from tools.structure_test.schema import Config
from tools.structure_test.unpack import remove_tree

_TIMEOUT = 60.0


def main(argv: Sequence[str]) -> int:
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
    if flags.timeout <= 0:
        raise ToolError("structure_test: --timeout must be more than 0 s")
    configs = [_read_config(path) for path in flags.config]
    platform = read_platform(flags.platform) if flags.platform else None
    documents = select_image(flags.image, platform)
    as_text = flags.output == "text" or flags.test_report
    text = report.TextReport(sys.stdout) if as_text else None
    results = _run(flags.image, documents, configs, flags.timeout, text)

    kind = "json" if flags.output == "text" else flags.output
    data = report.to_junit(results) if kind == "junit" else report.to_json(results).encode()
    if flags.test_report:
        with atomic_write(flags.test_report) as out:
            out.write(data)
    elif not as_text:
        sys.stdout.buffer.write(data)
    # Bazel reads the results of a test's cases from there.
    if xml_file := os.environ.get("XML_OUTPUT_FILE"):
        with atomic_write(xml_file) as out:
            out.write(report.to_junit(results))
    return 0 if report.passed(results) else 1


def _run(
    layout: str,
    documents: Image,
    configs: Sequence[Config],
    timeout: float,
    text: report.TextReport | None,
) -> list[report.Result]:
    # Leave through the removal of the scratch directory, also when a test is given up.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    scratch = tempfile.mkdtemp(prefix="structure_test-", dir=os.environ.get("TEST_TMPDIR"))
    try:
        # The parent may hand on a group that a user namespace of ours would not have.
        os.chown(scratch, -1, os.getegid())
        os.chmod(scratch, 0o700)
        pool = None
        if any(config.commands for config in configs):
            pool = os.path.join(scratch, "pool")
            os.mkdir(pool)
        image = ImageFiles(layout, documents, pool)
        results = []
        tests = run_configs(
            image, configs, scratch=scratch, timeout=timeout, environment=os.environ
        )
        for result in tests:
            if text and (not results or results[-1].file != result.file):
                text.begin(result.file)
            results.append(result)
            if text:
                text.add(result)
    finally:
        remove_tree(scratch)
    if text:
        text.end(results)
    return results


def _read_config(path: str) -> Config:
    with open(path, "rb") as file:
        return parse_config(load(file.read(), path))


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
