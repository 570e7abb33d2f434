"""What the worker has imported."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping

from tools.python.worker.start import Tool


class Modules:
    """The modules of tools, which this process has imported.

    Attributes:
        stale: whether they are not those that a request wants, because somebody changed a tool, or
            whether an import failed. Then this process is of no more use.
    """

    def __init__(self) -> None:
        self.stale = False
        self._tools: dict[str, Tool] = {}  # by path of their description
        self._digests: dict[str, str] = {}  # by path of what was imported

    def load(self, description: str, directory: str, inputs: Mapping[str, str]) -> Tool | None:
        """Imports a tool's modules, unless they are imported already.

        Args:
            description: path of the tool's description.
            directory: the request's sandbox, or "".
            inputs: digests of the request's inputs, by path.

        Returns:
            The tool, or None if the modules are stale.
        """
        if any(inputs.get(path, digest) != digest for path, digest in self._digests.items()):
            self.stale = True
        if not self.stale and description not in self._tools:
            self._import(description, directory, inputs)
        return None if self.stale else self._tools[description]

    def _import(self, description: str, directory: str, inputs: Mapping[str, str]) -> None:
        path = os.path.abspath(os.path.join(directory, description))
        # A sandbox is removed after its request. What its links lead to remains.
        path = os.readlink(path) if os.path.islink(path) else path
        root = path.removesuffix(description)
        before = list(sys.path)
        try:
            tool = Tool(path)
            tool.imports = [os.path.normpath(root + each) for each in tool.imports]
            sys.path[:0] = tool.imports
            tool.load()
            self._tools[description] = tool
        except BaseException:  # a module may do anything
            self.stale = True
        sys.path[:] = before
        files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
        for file in [path, *files]:
            name = file.removeprefix(root)
            if name in inputs:
                self._digests[name] = inputs[name]
        # Processes that are forked later share the memory of these objects.
        gc.collect()
        gc.freeze()
