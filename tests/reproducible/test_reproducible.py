"""The digests of images depend on what is committed, and on nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def _output_user_root(file: str) -> str:
    """Bazel's root of the build that made this file: <root>/<hash>/execroot/..."""
    return os.path.dirname(os.path.realpath(file).split("/execroot/")[0])


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """The sources once more, in a directory of another name and depth."""
    source = os.path.dirname(os.path.realpath(os.environ["MODULE_FILE"]))
    copy = tmp_path / "else" / "where"
    shutil.copytree(
        source, copy, symlinks=True, ignore=shutil.ignore_patterns("bazel-*", ".git", ".*_cache")
    )
    return copy


def test_another_build_gives_the_same_digests(workspace: Path, tmp_path: Path) -> None:
    files = os.environ["DIGEST_FILES"].split()
    targets = os.environ["DIGEST_TARGETS"].split()
    startup = ["bazel", f"--output_user_root={tmp_path}/user", "--max_idle_secs=10"]
    # Other directories, other jobs, another compilation mode; only the downloads are shared.
    flags = [
        "--compilation_mode=opt",
        "--jobs=1",
        f"--repository_cache={_output_user_root(files[0])}/cache/repos/v1",
    ]
    try:
        build = subprocess.run(
            [*startup, "build", *flags, *targets], cwd=workspace, capture_output=True, text=True
        )
        assert build.returncode == 0, build.stderr
        for file in files:
            expected = Path(file).read_text()
            assert expected.startswith("sha256:")
            other = workspace / "bazel-bin" / file
            assert other.read_text() == expected, file
            assert os.path.realpath(other) != os.path.realpath(file)
    finally:
        subprocess.run([*startup, "shutdown"], cwd=workspace, capture_output=True)
