"""The table of architectures for Starlark says what the one for Python says."""

from __future__ import annotations

import json
from pathlib import Path

from tools.lib.debian.architectures import ARCHITECTURES


def test_the_tables_are_equal() -> None:
    starlark = json.loads(Path("tests/rules/architectures.json").read_text())
    python = {
        each.debian: {
            "oci": each.name,
            "variant": each.variant or "",
            "triplet": each.triplet,
            "loader": each.loader,
        }
        for each in ARCHITECTURES
    }
    assert starlark == python
