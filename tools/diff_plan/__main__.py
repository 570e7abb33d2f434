"""Shows what changes since a commit add to the release, remove from it, and move.

    ./knife diff-plan COMMIT [--json FILE] [--markdown FILE] [-- FLAGS OF BAZEL]

In place of a commit, it takes a release_plan.json that an earlier build wrote.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tools.diff_plan.build import build_plan, build_plan_of_commit
from tools.diff_plan.comparison import compare
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import write_whole
from tools.lib.cli.flags import Parser
from tools.lib.data.json_values import read_document
from tools.lib.release.plan import parse_plan


class _Flags:
    commit: str
    build_flags: list[str]
    json: str
    markdown: str


def main(argv: Sequence[str]) -> int:
    parser = Parser("diff-plan", __doc__)
    parser.add_argument("commit", metavar="COMMIT", help="or a release_plan.json")
    parser.add_argument("build_flags", nargs="*", metavar="FLAG", help="of both builds")
    parser.add_argument("--json", default="", help="file to write the differences to")
    parser.add_argument("--markdown", default="", help="file for a comment of a pull request")
    flags = parser.parse_args(argv, _Flags)

    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if not workspace:
        raise ToolError("BUILD_WORKSPACE_DIRECTORY is not set", "run ./knife diff-plan COMMIT")
    if os.path.isfile(flags.commit):
        before = parse_plan(read_document(flags.commit), flags.commit)
    else:
        before = build_plan_of_commit(workspace, flags.commit, flags.build_flags)
    difference = compare(before, build_plan(workspace, flags.build_flags))
    print(difference.text())
    outputs = {flags.json: difference.encode(), flags.markdown: difference.markdown().encode()}
    # `bazel run` starts programs elsewhere.
    os.chdir(os.environ.get("BUILD_WORKING_DIRECTORY", "."))
    write_whole({path: data for path, data in outputs.items() if path})
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
