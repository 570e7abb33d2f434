"""What the reader of packages accepts, dpkg-deb reads the same way."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.hostile import deb_variants
from tools.lib.cli.errors import ToolError
from tools.lib.debian.unpack import unpack_deb

_SEEDS = 1000
_CHUNK = 1 << 20


def by_us(path: Path) -> tuple[str, str] | None:
    """The package's name, and the hash of its archive of files; None if it is refused."""
    digest = hashlib.sha256()
    try:
        with unpack_deb(str(path), str(path)) as package:
            at = 0
            while chunk := package.read_at(at, _CHUNK):
                digest.update(chunk)
                at += len(chunk)
            return package.deb.control.package.name, digest.hexdigest()
    except ToolError:
        return None


def by_dpkg(path: Path) -> tuple[str, str] | None:
    """The same of dpkg-deb."""
    field = subprocess.run(["dpkg-deb", "-f", str(path), "Package"], capture_output=True)
    files = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(path)], capture_output=True)
    if field.returncode or files.returncode:
        return None
    return field.stdout.decode().strip(), hashlib.sha256(files.stdout).hexdigest()


def test_dpkg_deb_reads_the_same(tmp_path: Path) -> None:
    if not shutil.which("dpkg-deb"):
        pytest.skip("dpkg-deb: not found")
    path = tmp_path / "package.deb"
    accepted, differing = 0, []
    for seed in range(_SEEDS):
        path.write_bytes(deb_variants.generate(seed))
        found = by_us(path)
        if found is not None:
            accepted += 1
            if by_dpkg(path) != found:
                differing.append(seed)
    assert not differing
    assert accepted > 200
