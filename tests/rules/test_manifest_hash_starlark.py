"""Manifests are normalized alike in Starlark, which is run as Python here, and in Python."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

CASES = json.loads(Path("tools/lib/debian/testdata/manifest_hashes.json").read_bytes())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_starlark_normalizes_as_python_does(case: dict[str, str]) -> None:
    starlark: dict[str, Any] = {"visibility": lambda *_: None, "struct": SimpleNamespace}
    exec(Path("rules/private/apt_lock.bzl").read_text(), starlark)
    normalize = starlark["apt_lock"].normalize_manifest
    assert normalize(case["manifest"], case["base_label"]) == case["normalized"]
