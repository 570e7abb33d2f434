"""Packages that cost much are refused with one line, or converted, within time and memory."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.hostile.hostile_packages import COSTLY, PACKAGES
from tests.hostile.tool_runs import convert_deb
from tools.lib.debian.testing import deb, file


@pytest.mark.parametrize("kind", PACKAGES)
def test_hostile_packages(kind: str, tmp_path: Path) -> None:
    hostile = PACKAGES[kind]
    error = convert_deb(hostile.make(), tmp_path).error
    assert re.search(hostile.message, error), error
    assert [path.name for path in tmp_path.iterdir()] == ["in.deb"]


@pytest.mark.parametrize("kind", COSTLY)
def test_costly_packages(kind: str, tmp_path: Path) -> None:
    outcome = convert_deb(COSTLY[kind](), tmp_path)
    assert outcome.status == 0, outcome


def test_patterns_of_many_stars(tmp_path: Path) -> None:
    name = "a" * 250
    package = deb(*(file(f"./{number}/{name}") for number in range(100)))
    for pattern in ("*a" * 100 + "b", "**/" * 50 + "b", "/".join(["*a*a*a*b"] * 20)):
        flags = (f"--exclude={pattern}", "--include=**/" + "*a" * 60 + "c")
        convert_deb(package, tmp_path, *flags).check()
