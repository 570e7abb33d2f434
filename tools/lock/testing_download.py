"""Errors of downloads, for tests."""

from __future__ import annotations

import pytest

from tools.lib.cli.errors import ToolError
from tools.lock.download import Downloader


def download_error(url: str) -> str:
    """The error of a download that fails."""
    with pytest.raises(ToolError) as caught:
        Downloader().get(url, 1000)
    return str(caught.value)
