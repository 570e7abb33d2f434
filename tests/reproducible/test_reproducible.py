"""Digests and SBOMs of images depend on what is committed, and on nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from tests.inner_bazel.inner_bazel import InnerBazel, copy_source_tree


def test_another_build_gives_the_same_digests_and_documents(tmp_path: Path) -> None:
    files = os.environ["DIGEST_FILES"].split()
    targets = os.environ["DIGEST_TARGETS"].split()
    documents = os.environ["DOCUMENT_FILES"].split()
    # A directory of another name and depth, other jobs, another compilation mode.
    workspace = copy_source_tree(tmp_path / "else" / "where")
    flags = ("--compilation_mode=opt", "--jobs=1")
    with InnerBazel(workspace, tmp_path / "user", flags) as bazel:
        bazel.succeed("build", *targets, os.environ["DOCUMENT_TARGET"])
        for file in files:
            expected = Path(file).read_text()
            assert expected.startswith("sha256:")
            other = bazel.built(file)
            assert other.read_text() == expected, file
            assert os.path.realpath(other) != os.path.realpath(file)
        for file in documents:
            assert bazel.built(file).read_bytes() == Path(file).read_bytes(), file
