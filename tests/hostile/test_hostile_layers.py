"""Images that cost much are refused with one line, or read, within time and memory."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import zstandard

from tests.hostile.hostile_layers import IMAGES, LIBRARIES
from tests.hostile.tool_runs import check_structure, search_libraries
from tests.hostile.unpacked_layers import write_layout

_TESTS = """\
schemaVersion: 2.0.0
fileExistenceTests:
- {name: there, path: /s0/1, shouldExist: true}
- {name: not there, path: /nowhere, shouldExist: false}
fileContentTests:
- {name: content, path: /a, expectedContents: ["x*"]}
"""


@pytest.mark.parametrize("kind", IMAGES)
def test_hostile_images(kind: str, tmp_path: Path) -> None:
    image = IMAGES[kind]
    layout = tmp_path / "layout"
    write_layout(layout, *map(zstandard.compress, image.layers()))
    outcome = check_structure(layout, _TESTS, tmp_path)
    if image.message:
        assert re.search(image.message, outcome.error), outcome.error
    elif outcome.stderr:
        assert outcome.error
    else:  # its tests ran, and some of them fail
        assert outcome.status == 1
        assert "Total tests: 3" in outcome.stdout


@pytest.mark.parametrize("kind", LIBRARIES)
def test_hostile_searches(kind: str, tmp_path: Path) -> None:
    search_libraries(zstandard.compress(LIBRARIES[kind]()), tmp_path).check()
