from pathlib import Path

import pytest

from tools.lib.registry.testing_home import use_home
from tools.release.testing import SampleRelease, write_key


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SampleRelease:
    """A release. The working directory is the home, and has a new key."""
    use_home(tmp_path, monkeypatch)
    write_key()
    return SampleRelease(tmp_path / "release")
