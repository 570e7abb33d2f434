from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.lib.updates.testing import Project
from tools.lib.updates.testing_fixtures import make_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    with make_project(tmp_path, monkeypatch) as made:
        yield made
