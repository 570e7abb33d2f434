"""Fixtures of tests that download from servers on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.lib.download.testing import forget_settings
from tools.lib.download.testing_server import Server, http_server


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without settings."""
    forget_settings(tmp_path, monkeypatch)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of files."""
    with http_server() as server:
        yield server


@pytest.fixture
def other() -> Iterator[Server]:
    """A server at another port of the same host."""
    with http_server() as server:
        yield server
