"""Compares two images or indexes: packages, files, config, layers, sizes.

./knife diff A B
./knife diff --since COMMIT LABEL...

Each of A and B is a directory with an OCI image layout, a Bazel label (`//static:static_debian12`),
a label at a commit (`//static:static_debian12@main`) or the name of an image in a registry. With
--since, the images among targets are compared with what they were at a commit. The exit status is 0
if they are equal, 1 if they differ and 2 for an error. docs/diff.md describes the output.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from tools.diff.since import compare_since
from tools.diff.source import Sources
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_write, dump_json
from tools.lib.cli.flags import Parser
from tools.lib.cli.progress import show_progress
from tools.lib.data.json_values import Json
from tools.lib.diff.compare import compare_sets
from tools.lib.diff.diff_json import commit_diff_to_json, diff_to_json
from tools.lib.diff.markdown import render_commit_markdown, render_markdown
from tools.lib.diff.text import render_commit_text, render_text
from tools.lib.oci.descriptor import read_platform
from tools.lib.workspace.bazel import Bazel

ERROR = 2
"""The exit status for an error, as that of diff(1)."""


class _Flags:
    images: list[str]
    since: str
    platform: str
    json: str
    markdown: str
    all_layers: bool
    exit_zero: bool
    insecure: bool


@dataclass(frozen=True, slots=True)
class _Report:
    """What was found, in each format."""

    is_equal: bool
    text: Callable[[], str]
    markdown: Callable[[], str]
    json: Callable[[], Json]


def main(argv: Sequence[str]) -> int:
    parser = Parser("diff", __doc__)
    parser.add_argument("images", nargs="+", metavar="A B", help="with --since, any labels")
    parser.add_argument("--since", default="", metavar="COMMIT", help="compare labels with it")
    parser.add_argument("--platform", default="", help="compare only its images: linux/arm64")
    parser.add_argument("--json", default="", metavar="FILE", help="write JSON; - is stdout")
    parser.add_argument("--markdown", default="", metavar="FILE", help="write Markdown, as --json")
    parser.add_argument(
        "--all-layers",
        action="store_true",
        help="download also the layers that both have, if paths were added or removed",
    )
    parser.add_argument("--exit-zero", action="store_true", help="exit 0 also if they differ")
    parser.add_argument("--insecure", action="store_true", help="plain http instead of https")
    flags = parser.parse_args(argv, _Flags)
    # `bazel run` starts programs elsewhere.
    os.chdir(os.environ.get("BUILD_WORKING_DIRECTORY", "."))
    report = _compare_since(flags) if flags.since else _compare(flags)
    _write(report, flags)
    return 0 if report.is_equal or flags.exit_zero else 1


def _compare(flags: _Flags) -> _Report:
    if len(flags.images) != 2:
        raise ToolError(f"diff: {len(flags.images)} images", "name the two to compare")
    platform = read_platform(flags.platform) if flags.platform else None
    # A download in another thread may still write while an error ends the program.
    files = tempfile.TemporaryDirectory(prefix="diff-", ignore_cleanup_errors=True)
    with files as scratch, show_progress() as progress:
        workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY", "")
        sources = Sources(workspace, scratch, insecure=flags.insecure, notice=progress.say)
        old, new = (sources.find(each) for each in flags.images)
        diff = compare_sets(old, new, platform=platform, all_layers=flags.all_layers)
    return _Report(
        diff.is_equal,
        partial(render_text, diff),
        partial(render_markdown, diff),
        partial(diff_to_json, diff),
    )


def _compare_since(flags: _Flags) -> _Report:
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY", "")
    if not workspace:
        raise ToolError("diff --since: not in a workspace", "run ./knife diff, or bazel run")
    platform = read_platform(flags.platform) if flags.platform else None
    bazel = Bazel(workspace, os.getcwd())
    diff = compare_since(bazel, workspace, flags.since, flags.images, platform)
    return _Report(
        diff.is_equal,
        partial(render_commit_text, diff),
        partial(render_commit_markdown, diff),
        partial(commit_diff_to_json, diff),
    )


def _write(report: _Report, flags: _Flags) -> None:
    outputs = {flags.json: dump_json(report.json())} if flags.json else {}
    if flags.markdown:
        outputs[flags.markdown] = report.markdown().encode()
    if "-" not in outputs:
        print(report.text(), end="")
    for path, data in outputs.items():
        if path == "-":
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
        else:
            with atomic_write(path) as out:
                out.write(data)


if __name__ == "__main__":
    sys.exit(run(main, sys.argv, error_status=ERROR))
