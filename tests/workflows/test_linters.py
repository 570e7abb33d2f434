"""zizmor accepts the workflows, and refuses what it is for. ./knife lint also runs actionlint."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DIRECTORY = Path(os.environ.get("GITHUB_DIRECTORY", ".github"))


def zizmor(directory: Path) -> subprocess.CompletedProcess[str]:
    # A wheel of Bazel has its programs beside its modules.
    places = [*(Path(path) for path in sys.path), Path(sys.prefix)]
    program = next(
        (each for each in (place / "bin/zizmor" for place in places) if each.exists()), None
    )
    assert program, "zizmor is not among the Python packages"
    flags = ["--offline", "--no-progress", "--quiet", "--strict-collection", "--persona=pedantic"]
    return subprocess.run(
        [str(program), *flags, "--", str(directory)], capture_output=True, text=True
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(DIRECTORY, tmp_path / ".github")


def test_zizmor(copy: Path) -> None:
    done = zizmor(copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("permissions: {}", "permissions: write-all", "excessive-permissions"),
        ("        with:\n          persist-credentials: false\n", "", "artipacked"),
        ("run: ./bazelw build //...", "run: echo ${{ github.head_ref }}", "template-injection"),
        ("@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2", "@v6", "unpinned-uses"),
        ("  pull_request:\n", "  pull_request_target:\n", "dangerous-triggers"),
    ],
)
def test_zizmor_finds(copy: Path, old: str, new: str, finding: str) -> None:
    path = copy / "workflows/ci.yml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    done = zizmor(copy)
    assert done.returncode != 0
    assert f"[{finding}]" in done.stdout
