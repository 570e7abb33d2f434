"""NumPy of apt, whose BLAS and LAPACK are alternatives."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.workspaces import lock_twice, names, timed, workspace


def test_numpy(tmp_path: Path) -> None:
    with workspace("numpy", tmp_path) as bazel:
        found = names(lock_twice(bazel, "@bookworm//:lock", "bookworm.lock.json"))
        assert found == {
            "libblas3",
            "libgfortran5",
            "liblapack3",
            "libquadmath0",
            "python3-numpy",
            "python3.11",
        }
        # image.yaml computes.
        with timed("image and its test"):
            bazel.succeed("test", "//:image_test")
