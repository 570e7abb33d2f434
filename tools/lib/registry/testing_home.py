"""The home directory of a test."""

from __future__ import annotations

from pathlib import Path

import pytest

_SETTINGS = (
    "DOCKER_CONFIG",
    "REGISTRY_AUTH_FILE",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
)


def use_home(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a directory the home and the current directory. Clients have no settings elsewhere."""
    for name in _SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(directory))
    monkeypatch.chdir(directory)
