from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.lib.apt.testing_repository import serve
from tools.lib.download.testing_fixtures import machine as machine
from tools.lib.download.testing_fixtures import other as other
from tools.lib.download.testing_fixtures import server as server
from tools.lock.testing import Workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = Workspace(tmp_path)
    with serve(tmp_path / "mirror") as url:
        monkeypatch.setenv("DISTROLESS_MIRROR", url + "/debian/")
        yield made


@pytest.fixture
def fails(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Runs the tool, which fails with one line and writes no lock; returns the line."""

    def fail() -> str:
        capsys.readouterr()
        assert workspace.lock() == 1
        lines = [line for line in capsys.readouterr().err.splitlines() if line[:6] != "lock: "]
        assert len(lines) == 1
        assert lines[0].startswith("error: ")
        assert not workspace.path.exists()
        return lines[0]

    return fail
