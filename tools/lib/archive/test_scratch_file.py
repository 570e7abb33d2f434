from pathlib import Path

import pytest

from tools.lib.archive.scratch_file import ScratchFile
from tools.lib.cli.errors import ToolError


def test_bytes_can_be_read_at_any_offset(tmp_path: Path) -> None:
    with ScratchFile(str(tmp_path / "out")) as scratch:
        scratch.fill([b"abc", b"", b"defg"], 7)
        assert scratch.size == 7
        assert scratch.read_at(2, 3) == b"cde"
        assert scratch.read_at(5, 100) == b"fg"
        assert scratch.read_at(7, 1) == scratch.read_at(100, 1) == scratch.read_at(0, 0) == b""


def test_the_file_has_no_name(tmp_path: Path) -> None:
    with ScratchFile(str(tmp_path / "out")) as scratch:
        scratch.fill([b"abc"], 3)
        assert list(tmp_path.iterdir()) == []


def test_more_bytes_than_the_limit_are_an_error(tmp_path: Path) -> None:
    with ScratchFile(str(tmp_path / "out")) as scratch:
        with pytest.raises(ToolError, match=r"more than 5 bytes uncompressed \(hint: raise it\)"):
            scratch.fill([b"abc", b"def", b"g"], 5, "raise it")
        assert scratch.read_at(0, 100) == b"abc"
