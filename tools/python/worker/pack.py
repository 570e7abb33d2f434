"""Packs the modules of a tool into one file, for actions that run without a worker.

    pack.py ARCHIVE VERSION ROOT... -- SOURCE...

ARCHIVE becomes a zip of the sources, by their paths below the roots, and of their bytecode, which
Python imports without looking at the sources. An interpreter of another version than VERSION, which
compiled them, takes the sources instead.
"""

from __future__ import annotations

import importlib.util
import marshal
import os
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence

_UNCHECKED_HASH = (1).to_bytes(4, "little")
"""The flags of bytecode that is valid whatever its source is: PEP 552."""

_TIME = (1980, 1, 1, 0, 0, 0)


def pack(archive: str, sources: Mapping[str, str]) -> None:
    """Writes the zip.

    Args:
        archive: its path.
        sources: paths of sources, by their names in the zip.
    """
    with zipfile.ZipFile(archive, "w") as out:
        for name in sorted(_directories(sources)):
            # Without their entries, packages that have no __init__.py are not found.
            out.writestr(zipfile.ZipInfo(name, _TIME), b"")
        for name, path in sorted(sources.items()):
            with open(path, "rb") as file:
                source = file.read()
            out.writestr(zipfile.ZipInfo(name, _TIME), source)
            out.writestr(zipfile.ZipInfo(name + "c", _TIME), _compile(source, name))


def _compile(source: bytes, name: str) -> bytes:
    """The content of a .pyc file."""
    code = compile(source, name, "exec", dont_inherit=True)
    header = importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH + importlib.util.source_hash(source)
    return header + marshal.dumps(code)


def _directories(names: Iterable[str]) -> set[str]:
    """The directories that contain `names`, each with a final slash."""
    return {f"{directory}/" for name in names for directory in _parents(name)}


def _parents(name: str) -> Iterator[str]:
    while name := os.path.dirname(name):
        yield name


def _name(path: str, roots: Sequence[str]) -> str:
    """The path of a source below the deepest root that it is in."""
    return min((path.removeprefix(f"{root}/") for root in roots), key=len)


def main(argv: Sequence[str]) -> int:
    archive, _, *roots = argv[: argv.index("--")]
    sources = {_name(path, roots): path for path in argv[argv.index("--") + 1 :]}
    pack(archive, sources)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
