"""compile: runs a compiler of the machine so that its output depends only on declared inputs.

    compile go --compiler /usr/bin/go --package golang-go --output hello go.mod main.go

Each verb runs a compiler, except `extract`, which reads a file of a layer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from tests.toolchains.compile import extract, go, java, native
from tools.lib.cli.errors import ToolError, run

_VERBS: dict[str, Callable[[Sequence[str]], None]] = {
    "cc": native.cc,
    "extract": extract.extract,
    "go": go.go,
    "java": java.java,
    "rust": native.rust,
}


def main(argv: Sequence[str]) -> int:
    verb, *arguments = argv or [""]
    if verb not in _VERBS:
        raise ToolError(f"compile: unknown verb '{verb}'", f"must be one of {', '.join(_VERBS)}")
    _VERBS[verb](arguments)
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
