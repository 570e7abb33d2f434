"""Commits the changes of tracked files to a branch of GitHub, and opens or renews its pull request.

./knife propose --branch update --title "Update locked packages" FILE

FILE is the description. The working tree, its branch and its index stay as they are. If nothing has
changed, nothing is done. GITHUB_REPOSITORY and GITHUB_TOKEN say where.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.data.json_values import Json
from tools.lib.github.github import GitHub, Settings, number_of, read_settings, shorten
from tools.propose.branch import commit_changes, push


class _Flags:
    branch: str
    base: str
    title: str
    run_workflow: list[str]
    file: str


def main(argv: Sequence[str]) -> int:
    parser = Parser("propose", __doc__)
    parser.add_argument("--branch", required=True, help="the branch, which is replaced")
    parser.add_argument("--base", default="main", help="the branch to merge it into")
    parser.add_argument("--title", required=True, help="of the commit and of the pull request")
    parser.add_argument(
        "--run-workflow",
        action="append",
        metavar="NAME",
        help="workflow to run on the branch: GitHub runs none for what a workflow pushes",
    )
    parser.add_argument("file", metavar="FILE", help="Markdown that describes the changes")
    flags = parser.parse_args(argv, _Flags)
    os.chdir(os.environ.get("BUILD_WORKING_DIRECTORY", "."))
    if flags.branch == flags.base:
        raise ToolError(f"--branch {flags.branch}: is the branch to merge into", "name another one")

    settings = read_settings(os.environ)
    with open(flags.file, encoding="utf-8") as source:
        body = shorten(source.read())
    commit = commit_changes(os.getcwd(), flags.title)
    if commit is None:
        print("nothing has changed")
        return 0
    is_new = push(os.getcwd(), settings, commit, flags.branch)
    print(f"{flags.branch}: {'pushed' if is_new else 'is up to date'}")
    github = GitHub(settings)
    _describe(github, settings, flags, body)
    for name in flags.run_workflow if is_new else ():
        github.send("POST", f"actions/workflows/{name}/dispatches", {"ref": flags.branch})
        print(f"{flags.branch}: started {name}")
    return 0


def _describe(github: GitHub, settings: Settings, flags: _Flags, body: str) -> None:
    head = f"{settings.owner}:{flags.branch}"
    found = list(github.list("pulls", state="open", head=head, base=flags.base))
    fields: Json = {"title": flags.title, "body": body}
    if found:
        number = number_of(found[0])
        github.send("PATCH", f"pulls/{number}", fields)
        print(f"pull request {number}: renewed")
    else:
        branches: Json = {"head": flags.branch, "base": flags.base}
        number = number_of(github.send("POST", "pulls", fields | branches))
        print(f"pull request {number}: opened")


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
