"""Generates pairs of layers whose entries replace, link to and hide each other."""

from __future__ import annotations

import random

from tools.lib.archive.testing import archive, header

_PATHS = [b"a", b"b", b"d", b"d/a", b"d/b", b"d/e", b"d/e/a", b"f/g/h", b"s/a"]
_KINDS = ["file", "file", "directory", "directory", "symlink", "hardlink", "fifo"]


def generate(seed: int) -> tuple[bytes, bytes]:
    """Returns two layers, the lower first. The same seed gives the same."""
    dice = random.Random(seed)
    return _layer(dice, _KINDS), _layer(dice, [*_KINDS, "whiteout", "opaque"])


def _layer(dice: random.Random, kinds: list[str]) -> bytes:
    pieces: list[bytes] = []
    files = [b"a", b"d/a"]
    for path in dice.sample(_PATHS, dice.randint(1, 6)):
        kind = dice.choice(kinds)
        directory, _, name = path.rpartition(b"/")
        prefix = directory + b"/" if directory else b""
        if kind == "file":
            data = dice.randbytes(dice.choice([0, 3]))
            mode = dice.choice([0o644, 0o755, 0o4711])
            pieces += [header(name=path, size=len(data), mode=mode), data]
            files.append(path)
        elif kind == "directory":
            mode = dice.choice([0o755, 0o700, 0o1777])
            pieces.append(header(name=path + b"/", typeflag=b"5", mode=mode))
        elif kind == "symlink":
            target = dice.choice([b"a", b"d", b"/d", b"../b", b"d/e", b"nowhere"])
            pieces.append(header(name=path, typeflag=b"2", link=target))
        elif kind == "hardlink":
            pieces.append(header(name=path, typeflag=b"1", link=dice.choice(files)))
        elif kind == "fifo":
            pieces.append(header(name=path, typeflag=b"6"))
        elif kind == "whiteout":
            pieces.append(header(name=prefix + b".wh." + name))
        else:
            pieces.append(header(name=prefix + b".wh..wh..opq"))
    return archive(*pieces)
