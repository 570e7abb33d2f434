from __future__ import annotations

import pytest

from tools.lib.data.json_values import Json
from tools.lib.part.part import PartEntry
from tools.lib.part.plain_file import parse_plain_file

FILE: Json = {
    "path": "a",
    "type": "file",
    "mode": "0644",
    "uid": 1,
    "gid": 2,
    "mtime": 3,
    "size": 4,
    "sha256": "00",
}


def test_a_file() -> None:
    assert parse_plain_file(FILE) == PartEntry(
        path="a", type="file", mode=0o644, uid=1, gid=2, mtime=3, size=4, sha256="00"
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "symlink"},
        {"text": "x"},
        {"mode": "644"},
        {"mode": 644},
        {"path": None},
        {"uid": -1},
        {"gid": True},
        {"size": 1 << 62},
        {"mtime": 1.0},
    ],
)
def test_what_is_not_plain_or_invalid_is_left_to_the_reader_of_all_entries(changed: Json) -> None:
    assert parse_plain_file({**FILE, **changed}) is None
    assert parse_plain_file([]) is None
