"""Writes what is generated of the documentation.

    ./knife docs

That is the API reference, docs/api, from what Bazel extracts of the public .bzl files, and the
table in docs/releases.md, from private/lifecycle.json. The arguments are ModuleInfo messages in
text format, which starlark_doc_extract makes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence

from tools.api_reference.markdown import page_name, render_index, render_page
from tools.api_reference.module_info import read_module
from tools.api_reference.text_format import read_message
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_write
from tools.lib.lifecycle.lifecycle import read_lifecycle
from tools.lib.lifecycle.table import replace_table

_DIRECTORY = os.path.join("docs", "api")
_RELEASES = os.path.join("docs", "releases.md")


def render(paths: Iterable[str]) -> dict[str, str]:
    """The pages, by file name, for ModuleInfo messages in text format."""
    modules = []
    for path in paths:
        with open(path, encoding="utf-8") as source:
            modules.append(read_module(read_message(source.read(), path)))
    pages = {page_name(module): render_page(module) for module in modules}
    return {**pages, "README.md": render_index(modules)}


def main(argv: Sequence[str]) -> int:
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if not workspace or not argv:
        raise ToolError("api_reference runs in Bazel", "run ./knife docs")
    pages = render(argv)
    os.chdir(workspace)
    os.makedirs(_DIRECTORY, exist_ok=True)
    for name, text in pages.items():
        with atomic_write(os.path.join(_DIRECTORY, name)) as out:
            out.write(text.encode())
    for name in os.listdir(_DIRECTORY):
        if name.endswith(".md") and name not in pages:
            os.unlink(os.path.join(_DIRECTORY, name))
    print(f"{_DIRECTORY}: {len(pages)} pages")
    with open(_RELEASES, encoding="utf-8") as source:
        before = source.read()
    after = replace_table(before, read_lifecycle(), _RELEASES)
    with atomic_write(_RELEASES) as out:
        out.write(after.encode())
    print(f"{_RELEASES}: {'unchanged' if after == before else 'table updated'}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
