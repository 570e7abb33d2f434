"""Every command in the documentation runs, or the table says why it does not."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.docs.command_table import ELSEWHERE, LAST, NOT_RUN, PROJECT, WORKSPACE
from tests.docs.commands import read_pages
from tests.inner_bazel.inner_bazel import InnerBazel, copy_source_tree

PAGES = read_pages([Path(page) for page in os.environ["PAGES"].split()])

# Only package files, so that locking downloads nothing.
MANIFEST = """\
version: 1
architectures: [amd64]
files:
  - name: tool
    version: 1.2-3
    architecture: all
    url: https://example.org/tool_1.2-3_all.deb
    sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
sets:
  app:
    packages: [tool]
"""

# A manifest of rules_distroless.
THEIRS = """\
version: 1
sources:
  - channel: bookworm main
    url: https://snapshot.debian.org/archive/debian/20260101T000000Z
archs: [amd64]
packages: [curl]
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, with a user's workspace beside it."""
    directory = tmp_path_factory.mktemp("docs")
    checkout = copy_source_tree(directory / "distroless")
    (checkout / "path/to").mkdir(parents=True)
    (checkout / "path/to/a.yaml").write_text(MANIFEST)
    shutil.copytree(checkout / "tests/e2e/workspace", directory / "user")
    # Packages of it are errors on purpose.
    shutil.rmtree(directory / "user/refused")
    (directory / "user/packages.yaml").write_text(MANIFEST)
    (directory / "user/theirs.yaml").write_text(THEIRS)
    return directory


@pytest.fixture(scope="module")
def project(directory: Path) -> Iterator[InnerBazel]:
    with InnerBazel(directory / "distroless", directory / "root") as bazel:
        yield bazel


@pytest.fixture(scope="module")
def workspace(directory: Path) -> Iterator[InnerBazel]:
    with InnerBazel(directory / "user", directory / "root") as bazel:
        yield bazel


def succeed(bazel: InnerBazel, command: str) -> None:
    # The virtual environment that CONTRIBUTING.md asks for.
    packages = os.pathsep.join(path for path in sys.path if "site-packages" in path)
    python = f"PYTHONDONTWRITEBYTECODE=1 PYTHONPATH='{packages}' python3 "
    result = bazel.shell(command.replace("python3 ", python))
    assert result.returncode == 0, f"{command}\n{result.stdout[-5000:]}{result.stderr[-5000:]}"
    assert result.stdout or "query" not in command, f"{command}: no targets"


def test_every_command_is_in_one_table() -> None:
    tables: list[Mapping[str, object]] = [PROJECT, WORKSPACE, LAST, ELSEWHERE, NOT_RUN]
    missing = {
        command: pages
        for command, pages in PAGES.items()
        if sum(command in table for table in tables) != 1
    }
    assert not missing, "add them to tests/docs/command_table.py"


def test_no_table_has_a_command_that_no_page_has() -> None:
    listed = {*PROJECT, *WORKSPACE, *LAST, *ELSEWHERE, *NOT_RUN}
    assert not listed - set(PAGES)


@pytest.mark.parametrize("command", ELSEWHERE)
def test_another_test_runs(command: str) -> None:
    path, text = ELSEWHERE[command]
    assert text in Path(path).read_text()


@pytest.mark.parametrize("command", PROJECT)
def test_in_the_project(command: str, project: InnerBazel) -> None:
    succeed(project, PROJECT[command] or command)


@pytest.mark.parametrize("command", WORKSPACE)
def test_in_a_workspace(command: str, workspace: InnerBazel) -> None:
    succeed(workspace, WORKSPACE[command] or command)


@pytest.mark.parametrize("command", LAST)
def test_in_the_project_at_last(command: str, project: InnerBazel) -> None:
    succeed(project, LAST[command] or command)
