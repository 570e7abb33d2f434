from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.place import Place, packages
from launcher.testing import pool, serve


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    files = {f"debian/{pool(*key)}": data for key, data in packages().items()}
    with serve(files) as mirror:
        yield Place(tmp_path, mirror)
