"""A static program as a user of its own, who has a directory to write to."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.workspaces import timed, workspace


def test_go(tmp_path: Path) -> None:
    with workspace("go", tmp_path) as bazel, timed("image and its test"):
        # image.yaml runs the program.
        bazel.succeed("test", "//:image_test")
