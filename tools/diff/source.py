"""Finds the images that an argument names."""

from __future__ import annotations

import os
from collections.abc import Callable

from tools.diff.target import committed_images, target_images
from tools.lib.cli.errors import ToolError
from tools.lib.diff.images import ImageSet
from tools.lib.diff.layout_images import layout_images
from tools.lib.diff.registry_images import registry_images
from tools.lib.workspace.bazel import Bazel

_LAYOUT = "oci:"
_REGISTRY = "docker://"


class Sources:
    """Where images are.

    Args:
        workspace: the workspace of labels, "" if the program was not started by Bazel.
        scratch: a directory for layers of registries.
        insecure: whether registries have plain http.
        notice: is called with a line before a failed request is tried again.
    """

    def __init__(
        self, workspace: str, scratch: str, *, insecure: bool, notice: Callable[[str], None]
    ) -> None:
        self._workspace = workspace
        self._scratch = scratch
        self._insecure = insecure
        self._notice = notice

    def find(self, text: str) -> ImageSet:
        """The images that a text names.

        It is a label if it begins like one, a layout if there is such a directory, and else a name
        in a registry. skopeo's prefixes `oci:` and `docker://` say which of the last two is meant.

        Raises:
            ToolError: there is no such image.
        """
        if text.startswith(("//", "@", ":")):
            return self._target(text)
        if text.startswith(_REGISTRY):
            return self._registry(text.removeprefix(_REGISTRY))
        path = text.removeprefix(_LAYOUT)
        if os.path.isdir(path) or path != text or path.startswith((".", "/")):
            if not os.path.isdir(path):
                raise ToolError(f"{path}: no such directory")
            return layout_images(path)
        return self._registry(text)

    def _registry(self, name: str) -> ImageSet:
        return registry_images(name, self._scratch, insecure=self._insecure, notice=self._notice)

    def _target(self, text: str) -> ImageSet:
        if not self._workspace:
            raise ToolError(f"{text}: not in a workspace", "run ./knife diff, or bazel run")
        label, _, commit = text.rpartition("@")
        if "//" not in label:  # the @ is that of a repository, or there is none
            return target_images(Bazel(self._workspace, os.getcwd()), text, text)
        if not commit:
            raise ToolError(f"{text}: no commit after the @")
        return committed_images(self._workspace, commit, label, text)
