"""Starlark files that are not part of the public API declare which packages may load them."""

from __future__ import annotations

import re
from pathlib import Path

# Facades of the public API.
PUBLIC = "rules"


def test_private_files_declare_their_visibility() -> None:
    files = [path for path in Path().glob("*/**/*.bzl") if str(path.parent) != PUBLIC]
    folders = {str(path.parent) for path in files}
    assert {"private", "private/nodejs", "rules/private", "rules/providers"} <= folders
    missing = [path for path in files if not re.search(r"^visibility\(", path.read_text(), re.M)]
    assert not missing
