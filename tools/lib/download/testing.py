"""A machine without settings, and errors of downloads, for tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.download.download import Downloader

_VARIABLES = ("BUILD_WORKING_DIRECTORY", "BUILD_WORKSPACE_DIRECTORY", "DISTROLESS_MIRROR", "NETRC")


def forget_settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without proxies, without ~/.netrc, and without pauses between attempts."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in _VARIABLES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("tools.lib.download.download._PAUSES", (0.0,))


def download_error(url: str) -> str:
    """The error of a download that fails."""
    with pytest.raises(ToolError) as caught:
        Downloader().get(url, 1000)
    return str(caught.value)
