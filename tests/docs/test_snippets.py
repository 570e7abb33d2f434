"""The files that the documentation shows load, and those that need nothing else build."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.docs.snippet_table import BUILT, LOCKS
from tests.docs.snippets import Section, read_sections, write_workspace
from tests.inner_bazel.inner_bazel import InnerBazel, source_tree

SECTIONS = [
    section for page in os.environ["PAGES"].split() for section in read_sections(Path(page))
]
PAGES = sorted({section.page for section in SECTIONS})


def key(section: Section) -> str:
    return f"{section.page}: {section.title}"


def test_the_table_names_sections_that_exist() -> None:
    assert {key(section) for section in SECTIONS} >= BUILT


def test_every_starlark_block_names_its_file() -> None:
    unnamed = [
        f"{page}: {text.split(maxsplit=1)[0]}"
        for page in map(Path, os.environ["PAGES"].split())
        for text in page.read_text().split("```starlark\n")[1:]
        if not text.startswith(("# MODULE.bazel\n", "# BUILD.bazel\n"))
    ]
    assert not unnamed


@pytest.mark.parametrize("page", PAGES)
def test_the_files_of_a_page(page: str, tmp_path: Path) -> None:
    sections = [each for each in SECTIONS if each.page == page]
    header = (
        'module(name = "user")\n'
        'bazel_dep(name = "distroless", version = "0.1.0")\n'
        f'local_path_override(module_name = "distroless", path = "{source_tree()}")\n'
    )
    write_workspace(tmp_path / "user", sections, header)
    for name, text in LOCKS.items():
        (tmp_path / "user" / name).write_text(text)
    with InnerBazel(tmp_path / "user", tmp_path / "root") as bazel:
        loaded = bazel.succeed("query", "//...").split()
        for section in sections:
            if any(name == "BUILD.bazel" and "name =" in text for name, text in section.files):
                assert [each for each in loaded if each.startswith(f"//{section.package}:")]
        # The extensions read their tags, and download nothing.
        repositories = [each for section in sections for each in section.repositories]
        for extension, repository in repositories:
            shown = bazel.succeed("mod", "show_extension", extension)
            assert f"- {repository} (imported by <root>)\n" in shown
        built = [f"//{each.package}/..." for each in sections if key(each) in BUILT]
        if built:
            bazel.succeed("build", *built)
