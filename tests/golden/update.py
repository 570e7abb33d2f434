"""Writes the listings of this build over the committed ones.

    ./knife golden

Which listings there are is asked of Bazel: those that a golden_test compares. Tests tagged `manual`
are left out, because not every machine can build their images. A committed listing that no test
compares is removed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_write

_DIRECTORY = os.path.join("tests", "golden")
_TESTS = 'kind("^golden_test rule$", //...)'
_ENTRIES = f'labels(entry, {_TESTS} except attr(tags, "\\bmanual\\b", {_TESTS}))'
_QUIET = ("--noshow_progress", "--ui_event_filters=-info")
_SUFFIX = ".catalog_entry"


def main(argv: Sequence[str]) -> int:
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if argv or not workspace:
        raise ToolError("update takes no arguments and runs in Bazel", "run ./knife golden")
    os.chdir(workspace)
    entries = _bazel("query", *_QUIET, _ENTRIES).split()
    _bazel("build", *_QUIET, "--", *entries)
    built = _bazel("info", "bazel-bin").strip()
    names = set()
    for path in map(listing_path, entries):
        with open(os.path.join(built, path), "rb") as source:
            content = source.read()
        name = os.path.basename(path)
        if name in names:
            raise ToolError(f"{name}: two images have this listing", "rename one of the images")
        names.add(name)
        with atomic_write(os.path.join(_DIRECTORY, name)) as out:
            out.write(content)
        print(f"{name}: {len(content.splitlines())} entries")
    for name in sorted(os.listdir(_DIRECTORY)):
        if name.endswith(".jsonl") and name not in names:
            os.unlink(os.path.join(_DIRECTORY, name))
            print(f"{name}: removed")
    return 0


def listing_path(entry: str) -> str:
    """The path below bazel-bin of the listing that the catalog_entry with this label writes."""
    package, _, name = entry.removeprefix("//").partition(":")
    return f"{package}/{name.removesuffix(_SUFFIX)}.jsonl"


def _bazel(*arguments: str) -> str:
    result = subprocess.run(["./bazelw", *arguments], stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise ToolError(f"bazel {arguments[0]} failed", "its output above says why")
    return result.stdout


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
