"""Builds an image at a commit, in a checkout of its own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from tools.lib.attest.provenance import Provenance
from tools.lib.cli.errors import ToolError
from tools.lib.diff.images import ImageSet
from tools.lib.diff.layout_images import layout_images
from tools.lib.workspace.bazel import Bazel
from tools.lib.workspace.checkout import checkout


@contextlib.contextmanager
def rebuilt_images(workspace: str, commit: str, provenance: Provenance) -> Iterator[ImageSet]:
    """The image or index of a provenance, built again. It can be read until the block ends.

    Args:
        workspace: of a git repository that has the commit.
        commit: its hash.
        provenance: says which target it is, and with what settings.

    Raises:
        ToolError: the repository does not have the commit, or the build failed.
    """
    target = provenance.target
    flags = [f"--{label}={value}" for label, value in provenance.settings.items()]
    with checkout(workspace, commit) as directory:
        bazel = Bazel(directory)
        try:
            bazel.run("build", *flags, "--", target)
            files = bazel.run("cquery", "--output=files", *flags, "--", target).splitlines()
            if len(files) != 1:
                raise ToolError(f"{target} at {commit}: not an image: {len(files)} files")
            root = bazel.run("info", "execution_root").strip()
            yield layout_images(os.path.join(root, files[0]), f"{target} at {commit}")
        finally:
            bazel.shut_down()
