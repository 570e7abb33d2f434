"""The command line of `./knife update` and `./knife outdated`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.cli.flags import Parser
from tools.lib.updates.node_site import SITE
from tools.lib.updates.temurin import FINGERPRINT, KEY, REPOSITORY, TemurinRepository
from tools.lib.updates.tracker import TRACKER

SOURCES = ("debian", "nodejs", "temurin", "pip", "bazelw")


@dataclass(frozen=True, slots=True)
class Options:
    """What to look for, and where.

    Attributes:
        sources: some of SOURCES, in their order.
        allow_missing: whether to leave out what no server has.
        tracker: URL of the security tracker's JSON.
        nodejs: URL of nodejs.org's directory of releases.
        temurin: Adoptium's repository.
        query: path of what `bazel query` has printed; empty to ask Bazel.
        check: whether to write nothing.
        json: path of a report; empty: none.
        markdown: path of a report; empty: none.
    """

    sources: tuple[str, ...]
    allow_missing: bool
    tracker: str
    nodejs: str
    temurin: TemurinRepository
    query: str
    check: bool
    json: str
    markdown: str


def parse_options(argv: Sequence[str], program: str, description: str) -> Options:
    """Parses the command line, and changes to the workspace.

    Raises:
        ToolError: a flag or a source is unknown.
    """
    flags = _parser(program, description).parse_args(argv)
    unknown = [word for word in flags.sources if word not in SOURCES]
    if unknown:
        raise ToolError(
            f"{program}: unknown source {unknown[0]!r:.80}", f"must be one of {', '.join(SOURCES)}"
        )
    # `bazel run` starts the tool in its runfiles, and passes the user's directory in a variable.
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if not workspace:
        raise ToolError("BUILD_WORKSPACE_DIRECTORY is not set", f"run ./knife {program}")
    directory = os.environ.get("BUILD_WORKING_DIRECTORY", workspace)
    os.chdir(workspace)
    paths = {
        name: os.path.join(directory, path) if path else ""
        for name, path in (("json", flags.json), ("markdown", flags.markdown))
    }
    return Options(
        sources=tuple(name for name in SOURCES if name in (flags.sources or SOURCES)),
        allow_missing=flags.allow_missing,
        tracker=flags.tracker,
        nodejs=flags.nodejs.rstrip("/"),
        temurin=TemurinRepository(
            flags.temurin.rstrip("/"), flags.temurin_key, flags.temurin_fingerprint.lower()
        ),
        query=flags.query,
        check=flags.check,
        json=paths["json"],
        markdown=paths["markdown"],
    )


def _parser(program: str, description: str) -> Parser:
    parser = Parser(program, description)
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help=f"what to look at: {', '.join(SOURCES)} (default: all)",
    )
    parser.add_argument(
        "--check", action="store_true", help="write no lock; exit 1 if something newer exists"
    )
    parser.add_argument("--json", default="", metavar="FILE", help="write the report as JSON, too")
    parser.add_argument(
        "--markdown", default="", metavar="FILE", help="write it as Markdown for a pull request"
    )
    parser.add_argument(
        "--allow-missing",
        action="store_true",
        help="leave out what no server has: an index, a source, the tracker; a note says so",
    )
    parser.add_argument(
        "--tracker", default=TRACKER, metavar="URL", help="the security tracker's JSON"
    )
    parser.add_argument(
        "--nodejs", default=SITE, metavar="URL", help="nodejs.org's releases, or a mirror of them"
    )
    parser.add_argument(
        "--temurin", default=REPOSITORY, metavar="URL", help="Adoptium's repository, or a mirror"
    )
    parser.add_argument(
        "--temurin-key", default=KEY, metavar="URL", help="the repository's OpenPGP key"
    )
    parser.add_argument(
        "--temurin-fingerprint",
        default=FINGERPRINT,
        metavar="HEX",
        help="of the primary key to accept",
    )
    parser.add_argument(
        "--query",
        default="",
        metavar="FILE",
        help="what bazel query has printed, instead of asking Bazel which images exist",
    )
    return parser
