"""The examples of the API reference are complete: Bazel loads each of them as a user's file."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tests.docs.commands import find_blocks
from tests.docs.snippet_table import LOCKS
from tests.inner_bazel.inner_bazel import InnerBazel, source_tree

EXAMPLES = [
    (Path(page).stem, block)
    for page in os.environ["PAGES"].split()
    for block in find_blocks(Path(page).read_text(), "starlark")
]
BUILD_FILES = [
    (page, text)
    for page, text in EXAMPLES
    if "use_extension(" not in text and re.search(r"^(?!load\()\w+\(", text, re.MULTILINE)
]
MODULES = [(page, text) for page, text in EXAMPLES if "use_repo(" in text]
HEADER = f"""\
module(name = "user")
bazel_dep(name = "distroless", version = "0.1.0")
local_path_override(module_name = "distroless", path = "{source_tree()}")
bazel_dep(name = "rules_python", version = "0.40.0")
"""


def test_the_pages_have_examples() -> None:
    """So that no other test passes for lack of them."""
    assert {page for page, _ in BUILD_FILES} >= {"apps", "image", "oci", "rootfs", "structure_test"}
    assert {page for page, _ in MODULES} >= {"apt", "nodejs", "oci_extension", "python"}


def write_workspace(workspace: Path, modules: list[str]) -> None:
    workspace.mkdir()
    text = HEADER + "".join(modules)
    (workspace / "MODULE.bazel").write_text(text.replace("sha256:...", f"sha256:{0:064}"))
    (workspace / "BUILD.bazel").touch()
    for name, text in LOCKS.items():
        (workspace / name).write_text(text)


def test_each_build_file_loads(tmp_path: Path) -> None:
    workspace = tmp_path / "user"
    write_workspace(workspace, [])
    packages = []
    for number, (page, text) in enumerate(BUILD_FILES):
        packages.append(f"{page}_{number}")
        (workspace / packages[-1]).mkdir()
        (workspace / packages[-1] / "BUILD.bazel").write_text(text)
    with InnerBazel(workspace, tmp_path / "root") as bazel:
        loaded = bazel.succeed("query", "//...").split()
        for package in packages:
            assert [each for each in loaded if each.startswith(f"//{package}:")]


def test_each_module_file_loads(tmp_path: Path) -> None:
    """Each extension once in a workspace, because several examples use the same names."""
    workspaces: list[dict[str, str]] = []
    for page, text in MODULES:
        free = [each for each in workspaces if page not in each]
        if not free:
            free.append({})
            workspaces += free
        free[0][page] = text
    for number, modules in enumerate(workspaces):
        workspace = tmp_path / str(number)
        write_workspace(workspace, list(modules.values()))
        with InnerBazel(workspace, tmp_path / "root") as bazel:
            for text in modules.values():
                (extension,) = re.findall(r'use_extension\("(.+)", "(\w+)"\)', text)
                repositories = re.findall(r'^use_repo\(\w+, "(\w+)"\)', text, re.MULTILINE)
                shown = bazel.succeed("mod", "show_extension", "%".join(extension))
                for repository in repositories:
                    assert f"- {repository} (imported by <root>)\n" in shown
