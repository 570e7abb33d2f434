"""Writes files as a comment of a pull request, or renews the comment that it wrote before.

./knife comment --pull-request 12 FILE...

Files that do not exist or are empty are left out. GITHUB_REPOSITORY and GITHUB_TOKEN say where.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tools.lib.cli.errors import run
from tools.lib.cli.flags import Parser
from tools.lib.github.github import MAX_BODY, GitHub, number_of, read_settings, shorten


class _Flags:
    pull_request: int
    name: str
    files: list[str]


def main(argv: Sequence[str]) -> int:
    parser = Parser("comment", __doc__)
    parser.add_argument("--pull-request", type=int, required=True, metavar="NUMBER", help="of it")
    parser.add_argument("--name", default="knife", help="tells several comments apart")
    parser.add_argument("files", nargs="+", metavar="FILE", help="Markdown")
    flags = parser.parse_args(argv, _Flags)
    os.chdir(os.environ.get("BUILD_WORKING_DIRECTORY", "."))

    github = GitHub(read_settings(os.environ))
    mark = f"<!-- {flags.name} -->\n"
    body = mark + shorten(_read(flags.files), MAX_BODY - len(mark))
    path = f"issues/{flags.pull_request}/comments"
    old = next((each for each in github.list(path) if _has_mark(each, mark)), None)
    if old is None:
        github.send("POST", path, {"body": body})
        print(f"pull request {flags.pull_request}: commented")
    elif old.get("body") != body:
        github.send("PATCH", f"issues/comments/{number_of(old, 'id')}", {"body": body})
        print(f"pull request {flags.pull_request}: renewed the comment")
    else:
        print(f"pull request {flags.pull_request}: the comment is up to date")
    return 0


def _has_mark(comment: dict[str, object], mark: str) -> bool:
    return str(comment.get("body", "")).replace("\r\n", "\n").startswith(mark)


def _read(paths: Sequence[str]) -> str:
    texts = []
    for path in paths:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as source:
                texts.append(source.read().strip())
    return "\n\n".join(each for each in texts if each) + "\n"


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
