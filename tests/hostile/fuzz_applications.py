"""Mutated wheels, npm packages and tars, and the tools that unpack or join them."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import zipfile

from tests.hostile.fuzz_archives import Case, mutate_layer
from tests.hostile.mutations import mutate_bytes, mutate_tar
from tools.lib.debian.testing import COMPRESSIONS, file, tar

_INFO = "demo-1.0.dist-info"
_FILES = {
    "demo/__init__.py": b"x = 1\n" * 50,
    "demo-1.0.data/purelib/other.py": b"",
    f"{_INFO}/WHEEL": b"Wheel-Version: 1.0\n",
}


def _wheel(compression: int) -> bytes:
    record = f"{_INFO}/RECORD,,\n"
    for path, data in _FILES.items():
        sha256 = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={sha256},{len(data)}\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for path, data in {**_FILES, f"{_INFO}/RECORD": record.encode()}.items():
            archive.writestr(zipfile.ZipInfo(path, (2025, 1, 1, 0, 0, 0)), data, compression)
    return out.getvalue()


_WHEELS = (_wheel(zipfile.ZIP_STORED), _wheel(zipfile.ZIP_DEFLATED))


def wheel(dice: random.Random) -> Case:
    """A wheel. Its directory of files, at the end, is changed more often than they are."""
    data = dice.choice(_WHEELS)
    at = data.index(b"PK\x01\x02") if dice.random() < 0.7 else 0
    data = data[:at] + mutate_bytes(dice, data[at:])
    data = data[dice.randrange(40) :] if dice.random() < 0.1 else data
    return Case({"in.whl": data}, "tools.wheel", ["--wheel=in.whl", "--directory-out=o"])


def npm_package(dice: random.Random) -> Case:
    """A package from npm."""
    library = b"\x7fELF" + bytes(60)
    data = tar(file("package/package.json", b"{}"), file("package/x.node", library, 0o755))
    data = COMPRESSIONS[".gz"](mutate_tar(dice, data))
    if dice.random() < 0.1:
        data = mutate_bytes(dice, data)
    arguments = ["--archive=in.tgz", "--path=/app/node_modules/x", "--mtime=5", "--label=x"]
    outputs = ["--blob-out=o.blob", "--part-out=o.json"]
    return Case({"in.tgz": data}, "tools.npm_package", [*arguments, *outputs], ["o.blob", "o.json"])


def flatten(dice: random.Random) -> Case:
    """Two tars, the upper one of which may have whiteouts."""
    upper = tar(file("usr/bin/.wh.a", b""), file("usr/lib/.wh..wh..opq", b""), file("etc/x", b"x"))
    files = {"a.tar": mutate_layer(dice), "b.tar": mutate_tar(dice, upper)}
    if dice.random() < 0.5:
        files["b.tar"] = upper
    return Case(files, "tools.flatten", ["a.tar", "b.tar", "--tar-out=o", "--label=x"], ["o"])
