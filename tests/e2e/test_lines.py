"""How much a user writes for an image: the workspaces in this folder, without their programs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

LIMITS = {"ca": 30, "go": 30, "nginx": 40, "node": 25, "psql": 25, "python": 35}
"""Lines that are neither blank nor comments, in all files of Bazel and all manifests."""

DIRECTORY = Path("tests/e2e")
WORKSPACES = sorted(
    {path.relative_to(DIRECTORY).parts[0] for path in DIRECTORY.rglob("MODULE.bazel")}
)
_MANIFEST = re.compile(r"^(sets|sources|version):", re.MULTILINE)
_FORBIDDEN = re.compile(r"\bwaivers?\b|\bcheck\s*=\s*False\b")


def own_text(workspace: Path) -> dict[Path, list[str]]:
    """The lines of MODULE.bazel, the BUILD and .bzl files and the manifests."""
    files = [*workspace.rglob("*.bazel"), *workspace.rglob("*.bzl")]
    files += [
        path for path in workspace.rglob("*.yaml") if len(_MANIFEST.findall(path.read_text())) > 1
    ]
    return {path: significant_lines(path.read_text()) for path in files}


def significant_lines(text: str) -> list[str]:
    """The lines that are neither blank nor comments."""
    return [line for line in text.splitlines() if line.strip() and line.strip()[0] != "#"]


def test_significant_lines() -> None:
    text = 'load("a")\n\n# no\n  # no\nb = 1  # yes\n'
    assert significant_lines(text) == ['load("a")', "b = 1  # yes"]


def test_all_kinds_of_text_are_counted() -> None:
    """`workspace` has a manifest, and configs of tests, which are not the image's."""
    names = {path.name for path in own_text(DIRECTORY / "workspace")}
    assert names == {"MODULE.bazel", "BUILD.bazel", "tools.yaml"}


def test_each_limit_is_of_a_workspace() -> None:
    assert set(LIMITS) <= set(WORKSPACES)


@pytest.mark.parametrize("name", [name for name in WORKSPACES if name in LIMITS])
def test_a_workspace_is_short(name: str) -> None:
    text = own_text(DIRECTORY / name)
    counts = {str(path): len(lines) for path, lines in text.items()}
    assert sum(counts.values()) <= LIMITS[name], counts


@pytest.mark.parametrize("name", WORKSPACES)
def test_a_workspace_disables_no_check(name: str) -> None:
    found = [
        f"{path}: {line}"
        for path, lines in own_text(DIRECTORY / name).items()
        for line in lines
        if _FORBIDDEN.search(line)
    ]
    assert not found
