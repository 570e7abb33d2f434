"""structure_test and the comparison of images see the files that a container runtime unpacks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.hostile import layer_variants, tar_variants
from tests.hostile.tar_programs import ours
from tests.hostile.unpacked_layers import by_diff, by_structure_test, by_umoci, write_layout
from tools.lib.cli.errors import ToolError
from tools.lib.part.tar_part import read_tar_part


@pytest.fixture(autouse=True)
def _umoci() -> None:
    if not shutil.which("umoci"):
        pytest.skip("umoci: not found")
    os.umask(0o022)


def compare(layers: Sequence[bytes], directory: Path) -> bool | None:
    """Whether all see the same; None if our readers refuse the layers."""
    directory.mkdir()
    paths = [directory / f"{number}.tar" for number in range(len(layers))]
    for path, layer in zip(paths, layers, strict=True):
        path.write_bytes(layer)
    try:
        expected = by_structure_test(*paths)
    except ToolError:
        with pytest.raises(ToolError):
            by_diff(*paths)
        return None
    if not is_for_diff(paths):
        return None
    assert by_diff(*paths) == expected
    write_layout(directory / "layout", *layers)
    return by_umoci(directory / "layout", directory / "bundle") == expected


def is_for_diff(paths: Sequence[Path]) -> bool:
    """Whether the entries of each layer agree: the comparison of images refuses others."""
    for path in paths:
        with path.open("rb") as source:
            try:
                read_tar_part(source, "")
            except ToolError:
                return False
    return True


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
