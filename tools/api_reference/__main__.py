"""Writes the API reference, docs/api, from what Bazel extracts of the public .bzl files.

    ./knife docs

The arguments are ModuleInfo messages in text format, which starlark_doc_extract makes.
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

_DIRECTORY = os.path.join("docs", "api")


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
    directory = os.path.join(workspace, _DIRECTORY)
    os.makedirs(directory, exist_ok=True)
    pages = render(argv)
    for name, text in pages.items():
        with atomic_write(os.path.join(directory, name)) as out:
            out.write(text.encode())
    for name in os.listdir(directory):
        if name.endswith(".md") and name not in pages:
            os.unlink(os.path.join(directory, name))
    print(f"{_DIRECTORY}: {len(pages)} pages")
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
