"""What the strict reader accepts, other programs read the same way."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile import tar_programs, tar_variants
from tests.hostile.tar_programs import accepts, as_gnu_tar, gnu_tar, go_program, ours, python
from tools.lib.archive.testing import archive, header, long_text

_SEEDS = 1000
_LEAST = 200  # archives that must be accepted, or the test says little

Archives = dict[int, bytes]


@pytest.fixture(
    scope="module",
    params=[tar_variants.generate, tar_variants.mutate],
    ids=["generated", "mutated"],
)
def archives(request: pytest.FixtureRequest) -> Archives:
    """Archives that the strict reader accepts, by the seeds that they were made from."""
    make: Callable[[int], bytes] = request.param
    made = {seed: make(seed) for seed in range(_SEEDS)}
    accepted = {seed: data for seed, data in made.items() if accepts(data, for_runtime=False)}
    assert len(accepted) >= _LEAST
    return accepted


@pytest.fixture(scope="module")
def go_reader(tmp_path_factory: pytest.TempPathFactory) -> str:
    program = go_program(tmp_path_factory.mktemp("go"))
    if program is None:
        pytest.skip("go: not found")
    return program


def test_python_reads_the_same(archives: Archives) -> None:
    found = {seed: python(data) for seed, data in archives.items()}
    assert found == {seed: ours(data, for_runtime=False) for seed, data in archives.items()}


def test_gnu_tar_reads_the_same(archives: Archives, tmp_path: Path) -> None:
    if not shutil.which("tar"):
        pytest.skip("tar: not found")
    path = tmp_path / "archive.tar"
    differing = []
    for seed, data in archives.items():
        path.write_bytes(data)
        if gnu_tar(path) != as_gnu_tar(ours(data, for_runtime=False), data):
            differing.append(seed)
    assert not differing


def test_go_reads_the_same(archives: Archives, go_reader: str, tmp_path: Path) -> None:
    paths = {seed: tmp_path / f"{seed}.tar" for seed in archives}
    for seed, path in paths.items():
        path.write_bytes(archives[seed])
    found = dict(zip(paths, tar_programs.go(go_reader, list(paths.values())), strict=True))
    assert found == {seed: ours(data, for_runtime=False) for seed, data in archives.items()}


def test_the_comparison_notices_what_python_reads_differently() -> None:
    two_names = archive(long_text(b"L", b"first"), long_text(b"L", b"second"), header())
    assert not accepts(two_names, for_runtime=False)
    assert [each.path for each in python(two_names) or []] == [b"first"]
