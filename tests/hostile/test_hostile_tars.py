"""Every tool that reads tars refuses hostile ones with one line, within time and memory."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import zstandard

from tests.hostile.hostile_packages import package
from tests.hostile.hostile_tars import TARS
from tests.hostile.tool_runs import (
    check_structure,
    compare_images,
    convert_deb,
    describe_tar,
    search_libraries,
)
from tests.hostile.unpacked_layers import write_layout

_TESTS = """\
schemaVersion: 2.0.0
fileExistenceTests:
- {name: a, path: /a, shouldExist: true}
"""


@pytest.mark.parametrize("kind", TARS)
def test_hostile_tars(kind: str, tmp_path: Path) -> None:
    hostile = TARS[kind]
    data = hostile.make()
    layer = zstandard.compress(data)
    write_layout(tmp_path / "layout", layer)
    write_layout(tmp_path / "other", bytes(1024))
    outcomes = {
        "tar_layer": describe_tar(layer, tmp_path),
        "ld_so_cache": search_libraries(layer, tmp_path),
        "structure_test": check_structure(tmp_path / "layout", _TESTS, tmp_path),
        "diff": compare_images(tmp_path / "layout", tmp_path / "other", tmp_path),
        "deb": convert_deb(package(data), tmp_path),
    }
    for tool, outcome in outcomes.items():
        assert re.search(hostile.message, outcome.error), (tool, outcome.error)
