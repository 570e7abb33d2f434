"""The command line of the lock tool.

    lock [MANIFEST...]                      locks manifests
    lock [MANIFEST...] --update [PACKAGE...]  moves to the newest versions
    lock [MANIFEST...] why PACKAGE...       explains why packages are locked
    lock [MANIFEST...] graph [SET...]       prints what depends on what
    lock diff OLD [NEW]                     compares two locks
    lock import FILE NEW.yaml [SET]         converts a manifest of rules_distroless

`bazel run @<repository>//:lock` sets the flags for its own manifest and lock in front of the user's
arguments.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.cli.flags import Parser
from tools.lib.resolver.request import LockSettings, ManifestFile, lock_path

COMMANDS = ("why", "graph", "diff", "import")
_MANIFEST_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Options:
    """What to do.

    Attributes:
        command: one of COMMANDS; empty: to lock.
        words: the arguments of a command; paths are absolute.
        manifests: the manifests.
        check: whether to write nothing.
        dot: whether to print a graph in the language of Graphviz.
        settings: how to lock.
    """

    command: str
    words: tuple[str, ...]
    manifests: tuple[ManifestFile, ...]
    check: bool
    dot: bool
    settings: LockSettings


def _parser() -> Parser:
    parser = Parser("lock", "Resolves the package sets of manifests and writes their locks.")
    parser.add_argument(
        "words",
        nargs="*",
        metavar="MANIFEST|COMMAND",
        help="manifests (*.yaml; default: private/lock/*.yaml of the workspace), and one of: why"
        " PACKAGE..., graph [SET...], diff OLD [NEW], import FILE NEW.yaml [SET]",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing, fail if a lock is out of date"
    )
    parser.add_argument(
        "--update",
        action="store_true",
        help="take the newest versions of the packages that follow, or of all; else locked versions"
        " stay as long as they satisfy what is asked for",
    )
    parser.add_argument(
        "--allow-missing",
        action="store_true",
        help="leave out an index that no server has as its Release file lists it; the lock says so",
    )
    parser.add_argument(
        "--allow-older",
        action="store_true",
        help="accept a Release file that is older than the one of the lock before",
    )
    parser.add_argument("--dot", action="store_true", help="print the graph for Graphviz' dot")
    parser.add_argument(
        "--credential-helper",
        action="append",
        metavar="[PATTERN=]PATH",
        help="ask this program for the credentials of hosts, as Bazel's --credential_helper does",
    )
    parser.add_argument("--manifest", default="", help="the manifest, set by `bazel run @x//:lock`")
    parser.add_argument("--manifest-name", default="", help="what errors call it")
    parser.add_argument("--install", default="", help="the apt.install tag that says it")
    parser.add_argument("--lock", default="", help="its lock, relative to the workspace")
    parser.add_argument("--command", default="", help="the command that locks it, for hints")
    parser.add_argument("--base-label", default="", help="the label of the base image")
    parser.add_argument(
        "--base-status",
        nargs=2,
        action="append",
        metavar=("ARCHITECTURE", "FILE"),
        help="the dpkg status file of the base image for an architecture (OCI's name)",
    )
    return parser


def parse_options(argv: Sequence[str]) -> Options:
    """Parses the command line, and changes to the directory that the user called from.

    Raises:
        ToolError: it is not one of the forms above.
    """
    flags = _parser().parse_args(argv)
    # `bazel run` starts the tool in its runfiles, and passes the user's directory in a variable.
    own = [os.path.abspath(flags.manifest)] if flags.manifest else []
    base_status = tuple((name, os.path.abspath(path)) for name, path in flags.base_status)
    os.chdir(os.environ.get("BUILD_WORKING_DIRECTORY", "."))

    command, words, named = _split(flags.words, is_fixed=bool(own))
    if words and not command and not flags.update:
        raise ToolError(
            f"lock: unknown command {words[0]!r:.80}",
            f"name a manifest (*.yaml), or one of {', '.join(COMMANDS)}",
        )
    if own:
        workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY", os.getcwd())
        lock = os.path.relpath(os.path.join(workspace, flags.lock or lock_path(own[0])))
        name = flags.manifest_name or own[0]
        manifests = [ManifestFile(own[0], name, lock, flags.command, flags.install)]
    elif command in ("diff", "import"):
        manifests = []
    else:
        manifests = [
            ManifestFile(
                path,
                path,
                lock_path(path),
                flags.command or f"bazel run @distroless//tools/lock -- {path}",
            )
            for path in named or _default_manifests()
        ]
    return Options(
        command=command,
        words=tuple(words),
        manifests=tuple(manifests),
        check=flags.check,
        dot=flags.dot,
        settings=LockSettings(
            update=flags.update,
            packages=() if command else tuple(words),
            allow_missing=flags.allow_missing,
            allow_older=flags.allow_older,
            base_label=flags.base_label,
            base_status=base_status,
            credential_helpers=tuple(flags.credential_helper),
        ),
    )


def _split(words: Sequence[str], *, is_fixed: bool) -> tuple[str, list[str], list[str]]:
    """The command, its arguments, and the manifests."""
    command = next((word for word in words if word in COMMANDS), "")
    at = words.index(command) if command else len(words)
    before, after = list(words[:at]), list(words[at + 1 :])
    if is_fixed or command in ("diff", "import"):
        return command, [*before, *after], []
    rest = [*before, *after]
    manifests = [os.path.normpath(word) for word in rest if word.endswith(_MANIFEST_SUFFIXES)]
    return command, [word for word in rest if not word.endswith(_MANIFEST_SUFFIXES)], manifests


def _default_manifests() -> list[str]:
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY", os.getcwd())
    found = sorted(glob.glob(os.path.join(glob.escape(workspace), "private", "lock", "*.yaml")))
    if not found:
        raise ToolError(f"{workspace}: no private/lock/*.yaml", "name a manifest")
    return [os.path.relpath(path) for path in found]
