"""structure_test sees the files that a container runtime unpacks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.hostile import layer_variants, tar_variants
from tests.hostile.tar_programs import ours
from tests.hostile.unpacked_layers import by_structure_test, by_umoci, write_layout
from tools.lib.cli.errors import ToolError


@pytest.fixture(autouse=True)
def _umoci() -> None:
    if not shutil.which("umoci"):
        pytest.skip("umoci: not found")
    os.umask(0o022)


def compare(layers: Sequence[bytes], directory: Path) -> bool | None:
    """Whether both see the same; None if structure_test refuses the layers."""
    directory.mkdir()
    paths = [directory / f"{number}.tar" for number in range(len(layers))]
    for path, layer in zip(paths, layers, strict=True):
        path.write_bytes(layer)
    try:
        expected = by_structure_test(*paths)
    except ToolError:
        return None
    write_layout(directory / "layout", *layers)
    return by_umoci(directory / "layout", directory / "bundle") == expected


def test_single_layers_of_all_kinds_of_headers(tmp_path: Path) -> None:
    found = {
        seed: compare([data], tmp_path / str(seed))
        for seed in range(1000)
        if is_for_umoci(data := tar_variants.generate(seed))
    }
    assert [seed for seed, is_same in found.items() if is_same is False] == []
    assert list(found.values()).count(True) > 100


def is_for_umoci(data: bytes) -> bool:
    """Whether umoci can unpack a layer that the strict reader accepts.

    Without root it makes empty files of devices. It refuses the global comments of git-archive(1),
    which other runtimes ignore.
    """
    try:
        entries = ours(data, for_runtime=True)
    except ToolError:
        return False
    return b"comment=" not in data and all(each.type not in ("char", "block") for each in entries)


def test_layers_that_change_each_other(tmp_path: Path) -> None:
    found = {
        seed: compare(layer_variants.generate(seed), tmp_path / str(seed)) for seed in range(500)
    }
    assert [seed for seed, is_same in found.items() if is_same is False] == []
    assert list(found.values()).count(True) > 100
