import os
from pathlib import Path

import pytest

from tools.structure_test.sparse import copy_sparse, write_sparse

_MIB = 1 << 20


@pytest.mark.parametrize(
    "chunks",
    [
        [],
        [b"text"],
        [b"a" * _MIB, bytes(_MIB), b"b" * 5, bytes(_MIB), bytes(7)],
        [bytes(4 * _MIB)],
        [bytes(4 * _MIB), b"x"],
    ],
)
def test_content_is_written_and_copied(tmp_path: Path, chunks: list[bytes]) -> None:
    write_sparse(str(tmp_path / "a"), iter(chunks))
    copy_sparse(str(tmp_path / "a"), str(tmp_path / "b"))
    assert (tmp_path / "a").read_bytes() == b"".join(chunks)
    assert (tmp_path / "b").read_bytes() == b"".join(chunks)


def test_zeros_take_no_space(tmp_path: Path) -> None:
    write_sparse(str(tmp_path / "a"), [bytes(_MIB)] * 64)
    copy_sparse(str(tmp_path / "a"), str(tmp_path / "b"))
    for name in ("a", "b"):
        status = os.stat(tmp_path / name)
        assert status.st_size == 64 * _MIB
        assert status.st_blocks << 9 < _MIB
