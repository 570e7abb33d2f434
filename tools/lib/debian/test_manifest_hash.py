from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.lib.debian.manifest_hash import manifest_sha256, normalize_manifest

CASES = json.loads((Path(__file__).parent / "testdata" / "manifest_hashes.json").read_bytes())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_cases_that_starlark_shares(case: dict[str, Any]) -> None:
    assert normalize_manifest(case["manifest"], case["base_label"]) == case["normalized"]
    assert manifest_sha256(case["manifest"].encode(), case["base_label"]) == case["sha256"]


def test_any_bytes_have_a_hash() -> None:
    assert manifest_sha256(b"a: \xff\n") != manifest_sha256(b"a: \xfe\n")
