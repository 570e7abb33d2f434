from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.lock.testing import Place
from tools.lock.testing_repository import served


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("BUILD_WORKING_DIRECTORY", "BUILD_WORKSPACE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("tools.lock.fetch._PAUSES", (0.0,))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = Place(tmp_path)
    with served(tmp_path / "mirror") as url:
        monkeypatch.setenv("DISTROLESS_MIRROR", url + "/debian/")
        yield made


@pytest.fixture
def fails(place: Place, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Locks; returns the error, which is one line and has left no file."""

    def fail() -> str:
        capsys.readouterr()
        assert place.lock() == 1
        lines = [line for line in capsys.readouterr().err.splitlines() if line[:6] != "lock: "]
        assert len(lines) == 1
        assert lines[0].startswith("error: ")
        assert not place.path.exists()
        return lines[0]

    return fail
