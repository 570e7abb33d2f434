"""The machine of a test of updates: its environment names servers on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.lib.apt.testing_repository import serve
from tools.lib.download.testing import forget_settings
from tools.lib.download.testing_server import http_server
from tools.lib.updates.testing import Project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project in which old versions are locked; the current directory is its workspace."""
    forget_settings(tmp_path, monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with http_server() as server, serve(tmp_path / "apt") as apt:
        monkeypatch.setenv("DISTROLESS_MIRROR", f"{apt}/debian")
        monkeypatch.setenv("npm_config_registry", f"{server.url}/npm")
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple")
        made = Project(tmp_path, server)
        made.apt = apt
        monkeypatch.setenv("BUILD_WORKSPACE_DIRECTORY", str(made.workspace))
        monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(tmp_path))
        monkeypatch.chdir(made.workspace)
        made.write_locks()
        yield made
