from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.checkout import Checkout, root_packages
from launcher.fake_mirror import pool_path, serve


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    files = {f"debian/{pool_path(*key)}": data for key, data in root_packages().items()}
    with serve(files) as mirror:
        yield Checkout(tmp_path, mirror)
